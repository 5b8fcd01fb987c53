// SPDX-License-Identifier: MIT
#include <hostunit/libos/fake_kernel.hpp>

#include <servers/init/keepsakes.hpp>

#include <gtest/gtest.h>
#include <memory>
#include <string>

namespace {

using namespace lavandin::init;
using lavandin::Capability;
using lavandin::Error;

struct Box {
    lavandin::fake::Kernel kernel;
    std::unique_ptr<Keepsakes> kept = std::make_unique<Keepsakes>();
    Section names, store;
};

TEST(Keepsakes, each_owner_finds_its_own) {
    Box box;
    EXPECT_TRUE(box.kept->put(box.names, 1, "a", {}).ok());
    EXPECT_TRUE(box.kept->put(box.store, 1, "b", {}).ok());
    EXPECT_TRUE(box.kept->put(box.names, 2, "c", {}).ok());
    EXPECT_TRUE(box.kept->put(box.names, 1, "d", {}).ok()); // in place of "a"
    std::string found;
    uint64_t position = 0;
    for (; Keepsake const* const one = box.kept->next(box.names, position); ++position)
        found += one->text();
    EXPECT_EQ(found.size(), 2u);
    EXPECT_NE(found.find('d'), std::string::npos);
    EXPECT_TRUE(box.kept->remove(box.names, 1).ok());
    EXPECT_EQ(box.kept->remove(box.names, 1).error(), Error::invalid_argument);
    position = 0;
    EXPECT_EQ(box.kept->next(box.store, position)->text(), "b");
}

TEST(Keepsakes, have_limits) {
    Box box;
    std::string const longest(lavandin::init_protocol::maximum_kept_bytes, 'x');
    EXPECT_EQ(box.kept->put(box.names, 1, longest + 'x', {}).error(), Error::invalid_argument);
    for (uint64_t key = 0; key < Keepsakes::maximum_owned; ++key)
        EXPECT_TRUE(box.kept->put(box.names, key, longest, {}).ok());
    EXPECT_EQ(box.kept->put(box.names, 1000, "", {}).error(), Error::table_full);
    uint64_t key = 0;
    while (box.kept->put(box.store, key, "", {}).ok())
        ++key;
    EXPECT_EQ(key, Keepsakes::maximum - Keepsakes::maximum_owned);
    EXPECT_TRUE(box.kept->put(box.names, 5, "still replaced", {}).ok());
}

TEST(Keepsakes, own_what_was_transferred) {
    Box box;
    auto const slot = lavandin::notification_create();
    ASSERT_TRUE(slot.ok());
    EXPECT_TRUE(box.kept->put(box.names, 1, "", Capability{slot.value()}).ok());
    uint64_t position = 0;
    EXPECT_EQ(box.kept->next(box.names, position)->capability.index(), slot.value());
    EXPECT_TRUE(box.kept->put(box.names, 1, "", {}).ok());
    EXPECT_EQ(lavandin::capability_delete(slot.value()).error(), Error::invalid_capability);
}

} // namespace
