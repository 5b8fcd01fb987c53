// SPDX-License-Identifier: MIT
// boot_image_reads FILE: opens a boot image as the kernel does; says why when it cannot.
#include <lavandin/boot_image_reader.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

int main(int argument_count, char** arguments) {
    if (argument_count != 2)
        return 2;
    std::ifstream file{arguments[1], std::ios::binary};
    std::vector<char> const bytes{std::istreambuf_iterator<char>{file}, {}};
    auto const opened = lavandin::abi::Boot_image::open(bytes.data(), bytes.size());
    std::puts(lavandin::abi::Boot_image::text(opened.error()));
    if (!opened.ok())
        return 1;
    for (auto const& segment : opened.value().segments())
        std::printf("%llx %llx %llx\n", static_cast<unsigned long long>(segment.address),
                    static_cast<unsigned long long>(segment.memory_bytes),
                    static_cast<unsigned long long>(segment.rights));
    for (auto const& file_entry : opened.value().files())
        std::printf("%s %llu\n", file_entry.name,
                    static_cast<unsigned long long>(file_entry.bytes));
    return 0;
}
