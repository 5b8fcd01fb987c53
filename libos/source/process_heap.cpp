// SPDX-License-Identifier: MIT
// The heap of this process.
#include <lavandin/heap.hpp>
#include <lavandin/mapping.hpp>
#include <lavandin/mutex.hpp>
#include <lavandin/process_heap.hpp>

#include <newlib/platform.hpp>

namespace lavandin {

namespace {

struct Mapped_memory {
    // The heap never shrinks: what is mapped stays until the process ends.
    Result<void> provide(uint64_t address, uint64_t bytes) {
        auto allocated = TRY(allocate_memory(bytes));
        TRY_VOID(Process::self().map(allocated.memory(), address, 0, bytes,
                                     memory_permission::read | memory_permission::write));
        static_cast<void>(allocated.keep_mapped());
        return {};
    }
};

Mutex heap_lock;
Heap<Mapped_memory> heap; // guarded by heap_lock

} // namespace

void initialise_heap(Address_range range) { heap = Heap<Mapped_memory>{{}, range}; }

} // namespace lavandin

void* platform_grow_heap(ptrdiff_t bytes) {
    lavandin::Lock const lock{lavandin::heap_lock};
    auto const before = lavandin::heap.grow(bytes);
    return before.ok() ? reinterpret_cast<void*>(before.value()) : nullptr;
}
