// SPDX-License-Identifier: MIT
// Asks coopd, over its socket.
#pragma once

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>

namespace lavandin::coopctl {

// coopd cannot be reached, or refuses.
class Client_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class Client {
public:
    explicit Client(std::string const& path);
    ~Client();
    Client(Client const&) = delete;
    Client& operator=(Client const&) = delete;

    // What stands in the answer's `ok`.
    nlohmann::json ask(nlohmann::json const& request);

private:
    void send(std::string const& line) const;
    std::string receive();

    static constexpr int patience = 10; // seconds

    std::string _path;
    int _descriptor;
    std::string _rest;
};

} // namespace lavandin::coopctl
