// SPDX-License-Identifier: MIT
// xenstored's end of the store's page, for tests: takes requests, sends what it is told.
#pragma once

#include <servers/xenstore/connection.hpp>

#include <algorithm>
#include <string.h>
#include <string>
#include <vector>

class Fake_store {
public:
    struct Request {
        xsd_sockmsg header;
        std::string payload;
    };

    xenstore_domain_interface page{};
    lavandin::xenstore::Ring_progress progress{};

    void take_bytes(size_t limit = SIZE_MAX) {
        for (; page.req_cons != page.req_prod && limit > 0; --limit)
            _bytes += page.req[page.req_cons++ % XENSTORE_RING_SIZE];
    }

    std::vector<Request> take() {
        take_bytes();
        return take_whole();
    }

    // What is whole of the bytes that have been taken.
    std::vector<Request> take_whole() {
        std::vector<Request> requests;
        xsd_sockmsg header;
        while (_bytes.size() >= sizeof(header)) {
            memcpy(&header, _bytes.data(), sizeof(header));
            if (_bytes.size() < sizeof(header) + header.len)
                break;
            requests.push_back({header, _bytes.substr(sizeof(header), header.len)});
            _bytes.erase(0, sizeof(header) + header.len);
        }
        return requests;
    }

    void answer(uint32_t type, uint32_t request, std::string_view payload) {
        xsd_sockmsg const header{type, request, 0, static_cast<uint32_t>(payload.size())};
        put({reinterpret_cast<char const*>(&header), sizeof(header)});
        put(payload);
    }

    void put(std::string_view bytes) {
        for (char const byte : bytes)
            page.rsp[page.rsp_prod++ % XENSTORE_RING_SIZE] = byte;
    }

    // Answers that go out as the ring has room: fill() puts at most `limit` bytes.
    void queue_answer(uint32_t type, size_t bytes) {
        xsd_sockmsg const header{type, static_cast<uint32_t>(bytes), 0,
                                 static_cast<uint32_t>(bytes)};
        _queue.append(reinterpret_cast<char const*>(&header), sizeof(header));
        _queue.append(bytes, 'a');
    }
    size_t queued() const { return _queue.size(); }
    void fill(size_t limit) {
        uint32_t const room = XENSTORE_RING_SIZE - (page.rsp_prod - page.rsp_cons);
        size_t const bytes = std::min({limit, size_t{room}, _queue.size()});
        put({_queue.data(), bytes});
        _queue.erase(0, bytes);
    }

private:
    std::string _queue;
    std::string _bytes;
};
