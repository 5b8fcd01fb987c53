// SPDX-License-Identifier: MIT
// policy: shows which scheduling module serves which class, loads others from the boot image.
#include <lavandin/abi/policy_module.hpp>
#include <lavandin/abi/scheduling.hpp>
#include <lavandin/boot_image_reader.hpp>
#include <lavandin/mapping.hpp>
#include <lavandin/thread_pointer.hpp>
#include <lavandin/usage.hpp>
#include <stdio.h>
#include <string.h>

using namespace lavandin;

namespace {

constexpr char const* folder = "policies/";
constexpr char const* usage_text =
    "policy [load FILE PLACE [SHARE] | built-in PLACE [SHARE] | files]  (a PLACE is a class, 0 to "
    "3, or `coordinator`; a SHARE is in thousandths)";

Capability_index own_system() { return environment().capability("system"); }

// The boot image, mapped for reading.
class Image {
public:
    Result<void> open() {
        auto const memory = Memory::borrow(environment().capability("boot_image"));
        uint64_t const bytes = TRY(memory.size());
        _mapping = TRY(Mapping::create(memory, 0, bytes, abi::memory_permission::read));
        auto const opened = abi::Boot_image::open(_mapping.as<void>(), _mapping.size());
        if (!opened.ok())
            return Error::not_supported;
        _image = opened.value();
        return {};
    }
    abi::Boot_image_file const* find(char const* module) const {
        char path[sizeof(abi::Boot_image_file::name)];
        int const length = snprintf(path, sizeof(path), "%s%s", folder, module);
        return static_cast<size_t>(length) < sizeof(path)
                   ? _image.find(path, static_cast<size_t>(length))
                   : nullptr;
    }
    auto files() const { return _image.files(); }

private:
    Mapping _mapping;
    abi::Boot_image _image;
};

bool read_place(char const* text, uint64_t& place) {
    place = abi::coordinator_place;
    return strcmp(text, "coordinator") == 0 ||
           read_number(text, abi::scheduling_classes - 1, place);
}

Result<abi::Policy_information> information_on(uint64_t place) {
    TRY_VOID(policy_place_information(own_system(), place));
    abi::Policy_information information{};
    memcpy(&information, message_buffer().words, sizeof(information));
    return information;
}

int show() {
    printf("place       module           from         picks   ready  share  retired\n");
    for (uint64_t place = 0; place < abi::policy_places; ++place) {
        auto const found = information_on(place);
        if (!found.ok())
            return failed("policy", "system", found.error());
        auto const& it = found.value();
        char name[16];
        snprintf(name, sizeof(name), "class %llu", static_cast<unsigned long long>(place));
        printf("%-11s %-16.*s %-8s %9llu %7llu %6llu %8llu\n",
               place == abi::coordinator_place ? "coordinator" : name,
               static_cast<int>(sizeof(it.name)), it.name, it.built_in != 0 ? "kernel" : "file",
               static_cast<unsigned long long>(it.picks), static_cast<unsigned long long>(it.ready),
               static_cast<unsigned long long>(it.share),
               static_cast<unsigned long long>(it.retirements));
    }
    return 0;
}

int show_files() {
    Image image;
    if (auto const opened = image.open(); !opened.ok())
        return failed("policy", "boot image", opened.error());
    for (auto const& file : image.files())
        if (strncmp(file.name, folder, strlen(folder)) == 0)
            printf("%s\n", file.name + strlen(folder));
    return 0;
}

int install(Capability_index policy, char const* word, uint64_t place, uint64_t share) {
    auto const installed = policy_install(own_system(), policy, place, share);
    if (installed.ok())
        return 0;
    if (installed.error() != Error::invalid_argument)
        return failed("policy", word, installed.error());
    printf("policy: %s: it is not for this place, or the classes' shares are above %llu\n", word,
           static_cast<unsigned long long>(abi::whole_share));
    return status_failed;
}

// The module stays with the place when this process, which has paid for it, is gone.
int load(char const* module, uint64_t place, uint64_t share) {
    Image image;
    if (auto const opened = image.open(); !opened.ok())
        return failed("policy", "boot image", opened.error());
    auto const* const file = image.find(module);
    if (file == nullptr)
        return failed("policy", module, Error::not_mapped);
    auto const loaded = policy_load(own_system(), environment().capability("boot_image"),
                                    file->offset, file->bytes);
    if (loaded.ok())
        return install(loaded.value(), module, place, share);
    if (loaded.error() != Error::invalid_argument)
        return failed("policy", module, loaded.error());
    printf("policy: %s: it is no module of this kernel's; `dmesg` says why\n", module);
    return status_failed;
}

} // namespace

int main(int count, char** arguments) {
    if (count == 1)
        return show();
    bool const loads = strcmp(arguments[1], "load") == 0;
    if (count == 2 && strcmp(arguments[1], "files") == 0)
        return show_files();
    int const at = loads ? 3 : 2; // where the place stands
    uint64_t place = 0;
    uint64_t share = 0;
    if ((!loads && strcmp(arguments[1], "built-in") != 0) || count <= at || count > at + 2 ||
        !read_place(arguments[at], place) ||
        (count == at + 2 && !read_number(arguments[at + 1], abi::whole_share, share)))
        return usage(usage_text);
    return loads ? load(arguments[2], place, share) : install(0, arguments[at], place, share);
}
