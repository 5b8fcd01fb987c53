// SPDX-License-Identifier: MIT
#include "socket.hpp"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace lavandin::coopd {

namespace {

[[noreturn]] void fail(std::string const& path, std::string const& what) {
    throw std::runtime_error{path + ": " + what};
}

sockaddr_un address_of(std::string const& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path))
        fail(path, "a socket's path has from 1 to 107 bytes");
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

bool somebody_listens(sockaddr_un const& address) {
    Descriptor const probe{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    return connect(probe.number(), reinterpret_cast<sockaddr const*>(&address), sizeof(address)) ==
           0;
}

} // namespace

Descriptor::~Descriptor() {
    if (_number >= 0)
        close(_number);
}

Socket::Socket(std::string path, Answer answer)
    : _path{std::move(path)}, _answer{std::move(answer)},
      _listener{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
    sockaddr_un const address = address_of(_path);
    if (somebody_listens(address))
        fail(_path, "another coopd runs");
    unlink(_path.c_str());
    // Who may write to it decides about processors: the owner, root.
    mode_t const before = umask(0177);
    int const bound =
        bind(_listener.number(), reinterpret_cast<sockaddr const*>(&address), sizeof(address));
    int const error = errno;
    umask(before);
    if (bound != 0 || listen(_listener.number(), SOMAXCONN) != 0)
        fail(_path, std::strerror(bound != 0 ? error : errno));
}

Socket::~Socket() { unlink(_path.c_str()); }

void Socket::wait_for(std::vector<pollfd>& polled) const {
    polled.push_back({_listener.number(), POLLIN, 0});
    for (Client const& client : _clients) {
        auto const events = static_cast<short>(client.out.empty() ? POLLIN : POLLOUT);
        polled.push_back({client.descriptor.number(), events, 0});
    }
}

void Socket::serve(std::vector<pollfd> const& polled) {
    for (pollfd const& each : polled) {
        if (each.revents == 0)
            continue;
        if (each.fd == _listener.number())
            accept();
        for (Client& client : _clients) {
            if (client.descriptor.number() != each.fd)
                continue;
            if ((each.revents & POLLOUT) != 0)
                write(client);
            else
                read(client);
        }
    }
    _clients.remove_if([](Client const& client) { return client.gone; });
}

void Socket::accept() {
    Descriptor client{accept4(_listener.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (client.number() >= 0 && _clients.size() < most_clients)
        _clients.push_back({std::move(client), {}, {}, false});
}

void Socket::read(Client& client) {
    std::array<char, longest_line> buffer{};
    ssize_t const count = ::read(client.descriptor.number(), buffer.data(), buffer.size());
    if (count <= 0) {
        client.gone = count == 0 || errno != EAGAIN;
        return;
    }
    client.in.append(buffer.data(), static_cast<size_t>(count));
    size_t end = 0;
    while ((end = client.in.find('\n')) != std::string::npos) {
        client.out += _answer(std::string_view{client.in}.substr(0, end)) + "\n";
        client.in.erase(0, end + 1);
    }
    client.gone = client.in.size() > longest_line;
    write(client);
}

void Socket::write(Client& client) {
    ssize_t const count = send(client.descriptor.number(), client.out.data(), client.out.size(),
                               MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0)
        client.out.erase(0, static_cast<size_t>(count));
    else
        client.gone |= errno != EAGAIN;
}

} // namespace lavandin::coopd
