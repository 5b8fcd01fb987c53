// SPDX-License-Identifier: MIT
#include "client.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace lavandin::coopctl {

namespace {

int connected(std::string const& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path))
        throw Client_error{path + ": a socket's path has from 1 to 107 bytes"};
    std::memcpy(address.sun_path, path.data(), path.size());
    int const descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 ||
        connect(descriptor, reinterpret_cast<sockaddr const*>(&address), sizeof(address)) != 0) {
        std::string const why = std::strerror(errno);
        if (descriptor >= 0)
            close(descriptor);
        throw Client_error{path + ": " + why + " (is coopd running?)"};
    }
    return descriptor;
}

} // namespace

Client::Client(std::string const& path) : _path{path}, _descriptor{connected(path)} {
    timeval const limit{.tv_sec = patience, .tv_usec = 0};
    setsockopt(_descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(_descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

Client::~Client() { close(_descriptor); }

void Client::send(std::string const& line) const {
    for (size_t sent = 0; sent < line.size();) {
        ssize_t const count =
            ::send(_descriptor, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
        if (count < 0)
            throw Client_error{_path + ": " + std::strerror(errno)};
        sent += static_cast<size_t>(count);
    }
}

std::string Client::receive() {
    std::array<char, 65536> buffer{};
    size_t end = 0;
    while ((end = _rest.find('\n')) == std::string::npos) {
        ssize_t const count = read(_descriptor, buffer.data(), buffer.size());
        if (count == 0)
            throw Client_error{_path + ": coopd ended"};
        if (count < 0)
            throw Client_error{_path + ": " +
                               (errno == EAGAIN ? "coopd does not answer" : std::strerror(errno))};
        _rest.append(buffer.data(), static_cast<size_t>(count));
    }
    std::string line = _rest.substr(0, end);
    _rest.erase(0, end + 1);
    return line;
}

nlohmann::json Client::ask(nlohmann::json const& request) {
    send(request.dump() + "\n");
    nlohmann::json answer = nlohmann::json::parse(receive());
    if (answer.contains("error"))
        throw Client_error{answer.at("error").get<std::string>()};
    return answer.at("ok");
}

} // namespace lavandin::coopctl
