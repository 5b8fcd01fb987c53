// SPDX-License-Identifier: MIT
// System calls on memory that take steps. Each keeps what it works on, and in whose table the
// result goes; nobody else sees a region before it is complete.
#pragma once

#include <kernel/mapping_steps.hpp>

namespace kernel {

class Create_operation final : public Operation {
public:
    Create_operation(Thread& caller, Ref<Memory> memory, uint64_t count)
        : _place{caller.process()}, _memory{static_cast<Ref<Memory>&&>(memory)}, _count{count} {}

    bool step(Thread& caller) override;
    void end() override { this->~Create_operation(); }

private:
    Ref<Process> _place;
    Ref<Memory> _memory;
    uint64_t _count;
};

class Copy_operation final : public Operation {
public:
    Copy_operation(Thread& caller, Ref<Memory> memory, Ref<Memory> source, uint64_t first,
                   uint64_t count)
        : _place{caller.process()}, _memory{static_cast<Ref<Memory>&&>(memory)},
          _source{static_cast<Ref<Memory>&&>(source)}, _first{first}, _count{count} {}

    bool step(Thread& caller) override;
    void end() override { this->~Copy_operation(); }

private:
    Ref<Process> _place;
    Ref<Memory> _memory;
    Ref<Memory> _source;
    uint64_t _first;
    uint64_t _count;
};

class Map_operation final : public Operation {
public:
    Map_operation(Thread& caller, Ref<Process> process, Mappings::Wanted const& wanted)
        : _place{caller.process()}, _memory{wanted.memory}, _steps{static_cast<Ref<Process>&&>(
                                                                       process),
                                                                   wanted} {}

    bool step(Thread& caller) override;
    bool undo() override { return _steps.undo(); }
    void end() override { this->~Map_operation(); }

private:
    Ref<Process> _place; // whose capability it maps by
    Ref<Memory> _memory;
    Map_steps _steps;
    Error _failed{Error::none};
};

// What has been unmapped when the caller ends stays so.
class Unmap_operation final : public Operation {
public:
    Unmap_operation(Ref<Process> process, User_address address, uint64_t count)
        : _steps{static_cast<Ref<Process>&&>(process), address, count} {}

    bool step(Thread& caller) override;
    void end() override { this->~Unmap_operation(); }

private:
    Unmap_steps _steps;
};

} // namespace kernel
