// SPDX-License-Identifier: MIT
// Two processes that can talk to each other.
#pragma once

#include "kernel_test.hpp"

namespace kernel {

inline uint64_t tag(uint32_t label, uint64_t words = 0, uint64_t transfers = 0) {
    return abi::Message_tag{label, words, transfers}.raw();
}

// A server that holds the endpoint and a reply object, and a client that may call.
class Ipc : public Kernel_test {
protected:
    Ipc() {
        server = spawn();
        client = spawn();
        Slot const endpoint = make(Call::endpoint_create);
        in_server = give(server, endpoint);
        in_client = give(client, endpoint, abi::endpoint_permission::call, 77);
        EXPECT_EQ(call(Call::capability_delete, {endpoint}).error, Error::none);
        run(*server.thread);
        reply = make(Call::reply_create);
    }

    void receive(uint64_t deadline = abi::forever) {
        run(*server.thread);
        call(Call::endpoint_receive, {in_server, reply, deadline});
    }
    void send(uint64_t message_tag = tag(5), uint64_t w0 = 10, uint64_t w3 = 13) {
        run(*client.thread);
        call(Call::endpoint_call, {in_client, message_tag, w0, 11, 12, w3});
    }

    // The server waits, the client calls, the server has the message.
    void meet() {
        receive();
        send();
        ASSERT_EQ(current(), server.thread.get());
        ASSERT_EQ(answer_of(*server.thread).error, Error::none);
    }

    Child server, client;
    Slot in_server, in_client, reply;
};

} // namespace kernel
