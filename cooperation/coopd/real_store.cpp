// SPDX-License-Identifier: MIT
#include "real_store.hpp"

#include <cooperation/store.h>

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace lavandin::coopd {

namespace {

constexpr int most_tries = 8; // of a transaction that others disturb
constexpr std::string_view gone = "@releaseDomain";

std::string path(Domain_number domain, std::string_view key) {
    return fmt::format("/local/domain/{}/{}", domain, key);
}

// `s` or `p`, and the domain.
std::string token(Domain_number domain, Watch_event::Kind kind) {
    return fmt::format("{}{}", kind == Watch_event::Kind::state ? 's' : 'p', domain);
}

std::string watched(Domain_number domain, Watch_event::Kind kind) {
    return path(domain, kind == Watch_event::Kind::state ? COOP_STORE_STATE : "cpu");
}

std::optional<Watch_event> parse(std::string_view word) {
    if (word == gone)
        return Watch_event{};
    Watch_event event;
    event.kind = word.starts_with('s') ? Watch_event::Kind::state : Watch_event::Kind::processors;
    char const* const end = word.data() + word.size();
    auto const [rest, error] = std::from_chars(word.data() + 1, end, event.domain);
    return error == std::errc{} && rest == end ? std::optional{event} : std::nullopt;
}

} // namespace

Real_store::Real_store() : _handle{xs_open(0)} {
    if (!_handle)
        throw Xen_error{std::string{"no connection to xenstored: "} + std::strerror(errno)};
    if (!xs_watch(_handle.get(), gone.data(), gone.data()))
        throw Xen_error{std::string{"xenstored refuses a watch: "} + std::strerror(errno)};
}

std::optional<std::string> Real_store::read(Domain_number domain, std::string_view key) {
    unsigned length = 0;
    std::unique_ptr<void, decltype(&std::free)> const value{
        xs_read(_handle.get(), XBT_NULL, path(domain, key).c_str(), &length), &std::free};
    if (!value || length > COOP_STORE_VALUE_BYTES)
        return std::nullopt;
    return std::string{static_cast<char const*>(value.get()), length};
}

bool Real_store::write(Domain_number domain, std::string_view key, std::string_view value) {
    for (int i = 0; i < most_tries; ++i) {
        xs_transaction_t const transaction = xs_transaction_start(_handle.get());
        unsigned length = 0;
        void* const home =
            xs_read(_handle.get(), transaction, path(domain, "domid").c_str(), &length);
        bool const alive = home != nullptr;
        std::free(home);
        bool const written =
            alive && xs_write(_handle.get(), transaction, path(domain, key).c_str(), value.data(),
                              static_cast<unsigned>(value.size()));
        if (xs_transaction_end(_handle.get(), transaction, !written))
            return written;
        if (errno != EAGAIN)
            return false;
    }
    return false;
}

void Real_store::remove(Domain_number domain, std::string_view key) {
    xs_rm(_handle.get(), XBT_NULL, path(domain, key).c_str());
}

bool Real_store::watch(Domain_number domain, Watch_event::Kind kind) {
    return xs_watch(_handle.get(), watched(domain, kind).c_str(), token(domain, kind).c_str());
}

void Real_store::unwatch(Domain_number domain, Watch_event::Kind kind) {
    xs_unwatch(_handle.get(), watched(domain, kind).c_str(), token(domain, kind).c_str());
}

std::optional<Watch_event> Real_store::event() {
    while (true) {
        std::unique_ptr<char*, decltype(&std::free)> const words{xs_check_watch(_handle.get()),
                                                                 &std::free};
        if (!words) {
            if (errno == EAGAIN)
                return std::nullopt;
            throw Xen_error{std::string{"xenstored is gone: "} + std::strerror(errno)};
        }
        if (std::optional<Watch_event> const found = parse(words.get()[XS_WATCH_TOKEN]))
            return found;
    }
}

} // namespace lavandin::coopd
