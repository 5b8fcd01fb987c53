// SPDX-License-Identifier: MIT
// Reads, changes and watches Xen's store.
#include <algorithm>
#include <lavandin/usage.hpp>
#include <lavandin/xenstore_client.hpp>
#include <stdio.h>

using namespace lavandin;

namespace {

using Arguments = std::span<char* const>;

char text[xenstore_protocol::maximum_bytes];
constexpr int maximum_attempts = 20;

// What is in the store may be anything; the terminal is shown what can be shown.
void show(std::string_view line) {
    for (char const byte : line)
        putchar(byte >= ' ' && byte <= '~' ? byte : '?');
    putchar('\n');
}

int ended(char const* path, Error error) {
    if (error == Error::none)
        return 0;
    if (error == Error::invalid_capability)
        printf("xenstore: there is no store on this machine\n");
    else
        failed("xenstore", path, error);
    return status_failed;
}

int read(Arguments paths) {
    auto const bytes = Xenstore_client{}.read(paths[0], text);
    if (bytes.ok())
        show({text, bytes.value()});
    return ended(paths[0], bytes.error());
}

int list(Arguments paths) {
    auto const bytes = Xenstore_client{}.list(paths[0], text);
    if (!bytes.ok())
        return ended(paths[0], bytes.error());
    std::string_view rest{text, bytes.value()};
    while (!rest.empty()) {
        std::string_view const name = rest.substr(0, rest.find('\0'));
        show(name);
        rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    }
    return 0;
}

int remove(Arguments paths) { return ended(paths[0], Xenstore_client{}.remove(paths[0]).error()); }

int make_directory(Arguments paths) {
    return ended(paths[0], Xenstore_client{}.make_directory(paths[0]).error());
}

Result<void> write_all(Arguments pairs, Xenstore_client::Transaction transaction) {
    for (size_t i = 0; i < pairs.size(); i += 2)
        TRY_VOID(Xenstore_client{}.write(pairs[i], pairs[i + 1], transaction));
    return {};
}

// Several values are seen by others all at once.
Result<void> write_together(Arguments pairs) {
    Xenstore_client const store;
    auto const transaction = TRY(store.begin());
    auto const written = write_all(pairs, transaction);
    if (written.ok())
        return store.commit(transaction);
    static_cast<void>(store.abort(transaction));
    return written;
}

int write(Arguments pairs) {
    if (pairs.size() == 2)
        return ended(pairs[0], write_all(pairs, Xenstore_client::no_transaction).error());
    Error error = Error::busy;
    for (int i = 0; i < maximum_attempts && error == Error::busy; ++i)
        error = write_together(pairs).error();
    return ended(pairs[0], error);
}

Result<void> watch_until_ended(char const* path) {
    Xenstore_client const store;
    auto const changed = TRY(Notification::create());
    TRY_VOID(store.watch(path, 0, changed));
    while (true) {
        auto const event = store.next_event(text);
        if (event.ok())
            show({text, event.value().bytes});
        else if (event.error() != Error::not_mapped)
            return event.error();
        else
            TRY(changed.wait());
    }
}

int watch(Arguments paths) { return ended(paths[0], watch_until_ended(paths[0]).error()); }

struct Verb {
    std::string_view name;
    int (*run)(Arguments);
};

constexpr Verb verbs[] = {{"read", read},     {"write", write}, {"list", list},
                          {"remove", remove}, {"watch", watch}, {"mkdir", make_directory}};

} // namespace

int main(int count, char** arguments) {
    Arguments const all{arguments, static_cast<size_t>(count)};
    for (Verb const& verb : verbs) {
        bool const writes = verb.run == write;
        bool const right = writes ? count >= 4 && count % 2 == 0 : count == 3;
        if (right && verb.name == arguments[1])
            return verb.run(all.subspan(2));
    }
    return usage("xenstore read|list|remove|mkdir|watch PATH\n"
                 "       xenstore write PATH VALUE [PATH VALUE]...");
}
