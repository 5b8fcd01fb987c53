// SPDX-License-Identifier: MIT
#include <lavandin/boot_image_reader.hpp>

#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

namespace lavandin {
namespace {

using namespace abi;
using Reason = Boot_image_error;

constexpr uint64_t page = 4096;

// A good image to spoil: text, constants and data, and the files "a", "ab" and "b".
class Sample {
public:
    Sample() : _pages(9 * page / sizeof(uint64_t)) {
        header() = {Boot_image_header::expected_magic, 1, 0, 9 * page, 0x10001010, 3, 3, {}};
        segment(0) = {1 * page, 0x10000000, page, page, memory_permission::read};
        segment(1) = {2 * page, 0x10001000, 2 * page, 2 * page - 8,
                      memory_permission::read | memory_permission::execute};
        segment(1).memory_bytes = 2 * page;
        segment(2) = {4 * page, 0x10003000, page, 3 * page,
                      memory_permission::read | memory_permission::write};
        char const* const names[] = {"a", "ab", "b"};
        for (uint32_t i = 0; i < 3; ++i) {
            strcpy(file(i).name, names[i]);
            file(i).offset = (5 + i) * page;
            file(i).bytes = 10 * i;
        }
        seal();
    }

    Boot_image_header& header() { return *reinterpret_cast<Boot_image_header*>(data()); }
    Boot_image_segment& segment(size_t i) {
        return reinterpret_cast<Boot_image_segment*>(data() + 64)[i];
    }
    Boot_image_file& file(size_t i) {
        return reinterpret_cast<Boot_image_file*>(data() + 64 + 3 * 40)[i];
    }
    uint8_t* data() { return reinterpret_cast<uint8_t*>(_pages.data()); }
    size_t size() const { return _pages.size() * sizeof(uint64_t); }
    size_t tables() const { return 64 + 3 * 40 + 3 * 64; }

    // Makes the checksum right again.
    void seal() {
        header().checksum = 0;
        Crc32 crc;
        crc.add(data(), 64 + header().segments % 9 * 40 + header().files % 4 * 64);
        header().checksum = crc.value();
    }
    Boot_image::Opened open() { return Boot_image::open(data(), size()); }
    Reason spoil(std::function<void(Sample&)> change) {
        change(*this);
        seal();
        return open().error();
    }

private:
    std::vector<uint64_t> _pages;
};

// Reads all that a reader offers, so that the sanitizers see a wild access.
uint64_t read_all(Boot_image const& image) {
    uint64_t sum = image.entry();
    for (auto const& segment : image.segments())
        for (uint64_t i = 0; i < segment.file_bytes; ++i)
            sum += image.contents(segment.offset)[i];
    for (auto const& file : image.files()) {
        EXPECT_EQ(image.find(file.name, strlen(file.name)), &file);
        for (uint64_t i = 0; i < file.bytes; ++i)
            sum += image.contents(file.offset)[i];
    }
    return sum;
}

TEST(Crc32, AgreesWithZlib) {
    Crc32 crc;
    crc.add("123456789", 9);
    EXPECT_EQ(crc.value(), 0xcbf43926u);
}

TEST(BootImage, OpensAGoodOne) {
    Sample sample;
    auto const opened = sample.open();
    ASSERT_TRUE(opened.ok()) << Boot_image::text(opened.error());
    EXPECT_EQ(opened.value().segments().size(), 3u);
    EXPECT_EQ(opened.value().files().size(), 3u);
    EXPECT_EQ(opened.value().entry(), 0x10001010u);
    read_all(opened.value());
}

TEST(BootImage, FindsFilesByName) {
    Sample sample;
    auto const opened = sample.open();
    auto const& image = opened.value();
    EXPECT_EQ(image.find("ab", 2), &image.files()[1]);
    EXPECT_EQ(image.find("abc", 1), &image.files()[0]);
    EXPECT_EQ(image.find("c", 1), nullptr);
    EXPECT_EQ(image.find("", 0), nullptr);
    EXPECT_EQ(image.find("abc", 3), nullptr);
    std::string const longest(60, 'a');
    EXPECT_EQ(image.find(longest.data(), longest.size()), nullptr);
}

TEST(BootImage, NamesWhatIsWrong) {
    auto const reason = [](std::function<void(Sample&)> change) { return Sample{}.spoil(change); };
    EXPECT_EQ(reason([](Sample& s) { s.header().magic ^= 1; }), Reason::wrong_magic);
    EXPECT_EQ(reason([](Sample& s) { s.header().version = 2; }), Reason::wrong_version);
    EXPECT_EQ(reason([](Sample& s) { s.header().bytes += page; }), Reason::wrong_size);
    EXPECT_EQ(reason([](Sample& s) { s.header().bytes -= 1; }), Reason::wrong_size);
    EXPECT_EQ(reason([](Sample& s) { s.header().segments = 0; }), Reason::segment_count);
    EXPECT_EQ(reason([](Sample& s) { s.header().segments = 9; }), Reason::segment_count);
    EXPECT_EQ(reason([](Sample& s) { s.header().files = 1025; }), Reason::file_count);
    EXPECT_EQ(reason([](Sample& s) { s.header().files = 1024; }), Reason::truncated_tables);
    EXPECT_EQ(reason([](Sample& s) { s.segment(0).offset = 0; }), Reason::segment_range);
    EXPECT_EQ(reason([](Sample& s) { s.segment(0).file_bytes = ~0ull; }), Reason::segment_range);
    EXPECT_EQ(reason([](Sample& s) { s.segment(0).address = 0; }), Reason::segment_address);
    EXPECT_EQ(reason([](Sample& s) { s.segment(2).memory_bytes = ~0ull; }),
              Reason::segment_address);
    EXPECT_EQ(reason([](Sample& s) { s.segment(2).address = 0x7fffffffe000; }),
              Reason::segment_address);
    EXPECT_EQ(reason([](Sample& s) { s.segment(2).memory_bytes = (16 << 20) + page; }),
              Reason::segment_size);
    EXPECT_EQ(reason([](Sample& s) { s.segment(2).memory_bytes = 8; }), Reason::segment_size);
    EXPECT_EQ(reason([](Sample& s) { s.segment(1).memory_bytes = 3 * page; }),
              Reason::segment_size);
    EXPECT_EQ(reason([](Sample& s) { s.segment(1).rights = 7; }), Reason::segment_rights);
    EXPECT_EQ(reason([](Sample& s) { s.segment(1).rights = 2; }), Reason::segment_rights);
    EXPECT_EQ(reason([](Sample& s) { s.segment(1).address = 0x10000000; }),
              Reason::segment_overlap);
    EXPECT_EQ(reason([](Sample& s) { s.header().entry = 0x10000000; }), Reason::entry_outside);
    EXPECT_EQ(reason([](Sample& s) { s.file(0).name[0] = 0; }), Reason::file_name);
    EXPECT_EQ(reason([](Sample& s) { memset(s.file(2).name, 'c', 48); }), Reason::file_name);
    EXPECT_EQ(reason([](Sample& s) { s.file(0).name[0] = 'c'; }), Reason::file_order);
    EXPECT_EQ(reason([](Sample& s) { s.file(1).name[1] = 0; }), Reason::file_order);
    EXPECT_EQ(reason([](Sample& s) { s.file(2).bytes = 3 * page; }), Reason::file_range);
    EXPECT_EQ(reason([](Sample& s) { s.file(2).offset += 8; }), Reason::file_range);
}

TEST(BootImage, RefusesWhatIsCutShort) {
    Sample sample;
    for (size_t bytes = 0; bytes < sample.size(); bytes += 8) {
        // A copy of exactly that size, so that reading on would be noticed.
        auto const* const words = reinterpret_cast<uint64_t const*>(sample.data());
        std::vector<uint64_t> const part(words, words + bytes / 8);
        EXPECT_FALSE(Boot_image::open(part.data(), bytes).ok());
    }
}

TEST(BootImage, RefusesAMisplacedOne) {
    Sample sample;
    EXPECT_EQ(Boot_image::open(sample.data() + 4, page).error(), Reason::misplaced);
}

TEST(BootImage, NoticesEveryFlippedBit) {
    for (size_t bit = 0; bit < Sample{}.tables() * 8; ++bit) {
        Sample sample;
        sample.data()[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
        EXPECT_FALSE(sample.open().ok()) << "bit " << bit;
    }
}

// With the checksum made right again, each field is judged by itself.
TEST(BootImage, SurvivesEveryCorruptedByte) {
    size_t refused = 0;
    for (size_t place = 0; place < Sample{}.tables(); ++place) {
        for (int const value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
            Sample sample;
            sample.data()[place] = static_cast<uint8_t>(value);
            sample.seal();
            auto const opened = sample.open();
            if (opened.ok())
                read_all(opened.value());
            else
                ++refused;
        }
    }
    EXPECT_GT(refused, 500u);
}

TEST(BootImage, HasATextForEveryError) {
    std::set<std::string> texts;
    for (int i = 0; i <= static_cast<int>(Reason::file_range); ++i)
        texts.insert(Boot_image::text(static_cast<Reason>(i)));
    EXPECT_EQ(texts.size(), static_cast<size_t>(Reason::file_range) + 1);
    EXPECT_STREQ(Boot_image::text(static_cast<Reason>(200)), "unknown error");
}

} // namespace
} // namespace lavandin
