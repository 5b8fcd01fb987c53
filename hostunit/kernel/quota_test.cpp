// SPDX-License-Identifier: MIT
// Where budgets go when processes end before what they paid for.
#include "kernel_test.hpp"

using namespace kernel;

namespace {

constexpr uint64_t given = 256 * 1024;

class Quota_test : public Kernel_test {
protected:
    uint64_t used() { return root_quota().used(); }
};

TEST_F(Quota_test, what_a_dead_process_did_not_use_returns_at_once) {
    uint64_t const before = used();
    Child const child = spawn(given);
    run(*child.thread);
    Slot const memory = make(Call::memory_create, {4 * page_size});
    Slot const endpoint = make(Call::endpoint_create, {});
    ASSERT_NE(memory, 0u);
    ASSERT_NE(endpoint, 0u);
    Ref<Object> const kept = child.process->table().find(memory).value().object;
    run(root());
    EXPECT_GE(used(), before + given);
    ASSERT_EQ(call(Call::process_destroy, {child.slot, 0}).error, Error::none);
    uint64_t const held = used() - before;
    EXPECT_GE(held, 4 * page_size) << "the memory lives on and is paid for";
    EXPECT_LT(held, 4 * page_size + 16 * 1024) << "and nothing else";
}

TEST_F(Quota_test, a_closed_quota_passes_refunds_on) {
    Quota top{1000};
    top.acquire();
    ASSERT_TRUE(top.charge(600).ok());
    {
        Quota middle{600, Ref<Quota>{top}};
        middle.acquire();
        ASSERT_TRUE(middle.charge(500).ok());
        middle.close();
        EXPECT_EQ(top.used(), 500u);
        EXPECT_EQ(middle.charge(1).error(), Error::quota_exceeded);
        middle.refund(200);
        EXPECT_EQ(top.used(), 300u);
        EXPECT_EQ(middle.limit(), 300u);
        middle.close();
        EXPECT_EQ(top.used(), 300u) << "closing twice gives nothing twice";
    }
}

} // namespace
