// SPDX-License-Identifier: MIT
// The first process: starts what the manifest says, then serves processes.
#include "init_server.hpp"

#include <stdlib.h>

namespace lavandin::init {
namespace {

constexpr std::string_view manifest_file{"manifest"};

Manifest manifest;

// Without a manifest nothing can be done: the machine crashes, with the reason as the last line.
[[noreturn]] void give_up(abi::Boot_information const& boot, Messages& messages) {
    messages.say("the system cannot be started");
    static_cast<void>(system_shutdown(boot.system, static_cast<uint64_t>(Shutdown::crash)));
    abort();
}

bool read_manifest(abi::Boot_image const& image, Messages& messages) {
    auto const* const file = image.find(manifest_file.data(), manifest_file.size());
    if (file == nullptr) {
        messages.say("boot image: there is no file `manifest`");
        return false;
    }
    parse_manifest({reinterpret_cast<char const*>(image.contents(file->offset)), file->bytes},
                   manifest);
    for (Problem const& problem : manifest.problems())
        messages.say("manifest, line %u: %s", problem.line, problem.reason);
    return manifest.problems().empty();
}

[[noreturn]] void run(abi::Boot_information const& boot) {
    static Messages messages{boot};
    static auto const opened = abi::Boot_image::open(
        reinterpret_cast<void const*>(boot.boot_image_address), boot.boot_image_bytes);
    if (!opened.ok()) {
        messages.say("boot image: %s", abi::Boot_image::text(opened.error()));
        give_up(boot, messages);
    }
    if (!read_manifest(opened.value(), messages))
        give_up(boot, messages);
    static Init_server init{boot, opened.value(), manifest, messages};
    if (!init.start().ok()) {
        messages.say("the system cannot be started");
        init.give_up();
    }
    Server server{Endpoint::borrow(init.endpoint().index())};
    static_cast<void>(server.run(init));
    give_up(boot, messages); // the kernel refuses init's own receive
}

} // namespace
} // namespace lavandin::init

int main() {
    auto const* const boot = lavandin::environment().boot_information();
    if (boot == nullptr)
        return 1; // somebody started init as a program
    lavandin::init::run(*boot);
}
