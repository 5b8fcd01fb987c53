// SPDX-License-Identifier: MIT
// The UNIX socket on which coopctl asks. Lines in, lines out; a client that does not read, or says
// too much, is dropped.
#pragma once

#include <sys/socket.h>

#include <functional>
#include <list>
#include <poll.h>
#include <string>
#include <utility>
#include <vector>

namespace lavandin::coopd {

class Descriptor {
public:
    explicit Descriptor(int number = -1) : _number{number} {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept : _number{std::exchange(other._number, -1)} {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(_number, other._number);
        return *this;
    }
    int number() const { return _number; }

private:
    int _number;
};

class Socket {
public:
    using Answer = std::function<std::string(std::string_view)>;

    // Takes the place of a socket that nobody listens on. Throws std::runtime_error.
    Socket(std::string path, Answer answer);
    ~Socket();
    Socket(Socket const&) = delete;
    Socket& operator=(Socket const&) = delete;

    // What to wait for; then, what has come.
    void wait_for(std::vector<pollfd>& polled) const;
    void serve(std::vector<pollfd> const& polled);

private:
    static constexpr size_t most_clients = 32;
    static constexpr size_t longest_line = 4096;

    struct Client {
        Descriptor descriptor;
        std::string in, out;
        bool gone{false};
    };

    void accept();
    void read(Client& client);
    void write(Client& client);

    std::string _path;
    Answer _answer;
    Descriptor _listener;
    std::list<Client> _clients;
};

} // namespace lavandin::coopd
