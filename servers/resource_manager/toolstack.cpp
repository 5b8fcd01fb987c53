// SPDX-License-Identifier: MIT
#include "toolstack.hpp"

#include <lavandin/clock.hpp>
#include <stdio.h>

namespace lavandin::resource_manager {

namespace {

constexpr uint64_t pause = second; // before a store that fails is asked again

} // namespace

Result<void> Toolstack::start(uint64_t priority) {
    _wake = TRY(Notification::create());
    _store_changed = TRY(_wake.copy(notification_permission::signal, store_bit));
    _news = TRY(_wake.copy(notification_permission::signal, news_bit));
    TRY_VOID(watch());
    static_cast<void>(read_all()); // the thread tries again
    _thread = TRY(Thread::start(work, this, {stack_bytes, priority}));
    return {};
}

// A predecessor's watch has gone with it. When the store's server dies it sets ours again.
Result<void> Toolstack::watch() { return _store.watch("cpu", 0, _store_changed); }

Availability Toolstack::availability(uint64_t number) {
    Lock const lock{_mutex};
    return _availability[number];
}

bool Toolstack::heard() {
    Lock const lock{_mutex};
    return _read || !there();
}

void Toolstack::tell(uint64_t number, std::string_view state, std::string_view answer) {
    if (!_thread.valid())
        return;
    Lock const lock{_mutex};
    News& news = _all_news[number];
    if (news.state.view() == state && news.answer.view() == answer)
        return;
    news.state.set(state);
    news.answer.set(answer);
    news.unwritten = true;
    static_cast<void>(_news.signal());
}

Result<Availability> Toolstack::read(uint64_t number) {
    char path[32];
    char word[16];
    int const length = snprintf(path, sizeof(path), "cpu/%llu/availability",
                                static_cast<unsigned long long>(number));
    auto const bytes = _store.read({path, static_cast<size_t>(length)}, word);
    if (bytes.error() == Error::too_large)
        return Availability::unknown;
    return availability_named({word, TRY(bytes)});
}

// Whoever made the domain wrote a node for each processor it can have.
Result<void> Toolstack::read_all() {
    for (uint64_t number = 0; number < maximum_processors; ++number) {
        auto const found = read(number);
        if (found.error() == Error::not_mapped)
            break;
        Availability const availability = TRY(found);
        Lock const lock{_mutex};
        _availability[number] = availability;
    }
    Lock const lock{_mutex};
    _read = true;
    return {};
}

Result<void> Toolstack::write(uint64_t number, char const* node, std::string_view text) {
    char path[32];
    int const length = snprintf(path, sizeof(path), "data/cpu/%llu/%s",
                                static_cast<unsigned long long>(number), node);
    return _store.write({path, static_cast<size_t>(length)}, text);
}

Result<void> Toolstack::write(uint64_t number, News const& news) {
    TRY_VOID(write(number, "state", news.state.view()));
    return write(number, "answer", news.answer.view());
}

// False when the store does not take it now.
bool Toolstack::write_all() {
    for (uint64_t number = 0; number < maximum_processors; ++number) {
        News news;
        {
            Lock const lock{_mutex};
            news = _all_news[number];
            _all_news[number].unwritten = false;
        }
        if (!news.unwritten || write(number, news).ok())
            continue;
        Lock const lock{_mutex};
        _all_news[number].unwritten = true;
        return false;
    }
    return true;
}

// What they say is read again in any case.
void Toolstack::forget_events() {
    char path[xenstore_protocol::maximum_watch_path];
    while (_store.next_event(path).ok()) {
    }
}

void Toolstack::work(void* self) {
    auto& toolstack = *static_cast<Toolstack*>(self);
    bool read = false;
    bool written = false;
    while (true) {
        uint64_t const deadline = read && written ? forever : after(pause);
        auto const bits = toolstack._wake.wait(deadline);
        if (!read || (bits.ok() && (bits.value() & store_bit) != 0)) {
            toolstack.forget_events();
            read = toolstack.read_all().ok();
            static_cast<void>(toolstack._signal.signal());
        }
        written = toolstack.write_all();
    }
}

} // namespace lavandin::resource_manager
