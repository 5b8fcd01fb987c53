// SPDX-License-Identifier: MIT
#include <hostunit/libos/fake_kernel.hpp>

#include <servers/init/process_table.hpp>

#include <gtest/gtest.h>

namespace {

using namespace lavandin::init;
using lavandin::Error;

constexpr size_t own = 5;
constexpr Process_number shell = 90;
constexpr Process_number other = 91;

class Process_table_test : public testing::Test {
protected:
    size_t fill(Process_number parent) {
        size_t count = 0;
        while (table.add(parent, "p").ok())
            ++count;
        return count;
    }

    lavandin::fake::Kernel kernel;
    Process_table table{own};
};

TEST_F(Process_table_test, NumbersAreNew) {
    auto* const first = table.add(shell, "first").value();
    Process_number const number = first->number;
    EXPECT_EQ(table.find(number), first);
    Process_table::remove(*first);
    EXPECT_EQ(table.find(number), nullptr);
    EXPECT_NE(table.add(shell, "second").value()->number, number);
}

TEST_F(Process_table_test, AParentHasHalfOfIt) {
    EXPECT_EQ(fill(shell), Process_table::maximum_children);
    EXPECT_EQ(table.add(shell, "p").error(), Error::table_full);
    EXPECT_TRUE(table.add(other, "p").ok());
}

// Whatever programs have started: a server that has ended can be started again.
TEST_F(Process_table_test, PlacesOfInitsOwnAreKept) {
    auto* const server = table.add(init_number, "server").value();
    size_t const others = fill(shell) + fill(other);
    EXPECT_EQ(others, lavandin::init_protocol::maximum_processes - own);
    Process_table::remove(*server);
    EXPECT_EQ(fill(shell) + fill(other), 0u);
    for (size_t i = 0; i < own; ++i)
        EXPECT_TRUE(table.add(init_number, "server").ok());
    EXPECT_EQ(table.add(init_number, "one more").error(), Error::table_full);
}

// Init adopts children of the ended: these do not become its own.
TEST_F(Process_table_test, AdoptedChildrenTakeNoPlaceOfInits) {
    fill(shell);
    for (Process_record& record : table.all())
        if (record.state != Process_record::State::free)
            record.parent = init_number;
    fill(shell);
    for (size_t i = 0; i < own; ++i)
        EXPECT_TRUE(table.add(init_number, "server").ok());
}

} // namespace
