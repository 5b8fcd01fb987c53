#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes everything that follows from system_calls.toml.

    generate.py TABLE KIND [OUTPUT]

with KIND one of

numbers    enum of the calls                        (kernel and user)
types      argument and result structures           (kernel and user)
stubs      one typed inline function per call       (user)
handlers   prototypes of the kernel's handlers      (kernel)
dispatch   decode, call the handler, encode         (kernel)
pairs      every call with every answer it may give  (conformance)
arguments  what each argument and result means      (tests that make calls at random)
reference  docs/interface.md, with the figures of docs/figures.json beside the table's folder
"""
import json
import pathlib
import sys
import tomllib

TYPES = {
    "capability": "Capability_index",
    "tag": "Message_tag",
}
MEANING = {
    "bytes": "size in bytes",
    "flags": "bit set",
    "word": "64 bits",
    "capability": "slot number",
    "address": "user address",
    "time": "nanoseconds",
    "tag": "message tag",
}
# Object_type's enumerators. An argument or result of type capability names one of them, by its own
# name or by `object`; "any" is for those that may be anything. A word that holds two slots names
# them by `object` (low half) and `second_object` (high half). `optional`: 0 stands for none.
# `most`: a size or place that is ever valid is not above.
OBJECTS = [
    "process",
    "thread",
    "endpoint",
    "notification",
    "memory",
    "reply",
    "interrupt",
    "system",
    "group",
    "grant",
    "processor",
    "policy",
]
ANY_OBJECT = "any"
REGISTERS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"]
BANNER = (
    "// SPDX-License-Identifier: MIT\n"
    "// Made by kernel/abi/generate.py from system_calls.toml. Do not edit.\n"
    "#pragma once\n\n"
)


def cpp_type(field: dict) -> str:
    return TYPES.get(field["type"], "uint64_t")


def structure(call: dict, direction: str) -> str:
    return call["name"].capitalize() + "_" + direction


def named_object(field: dict, key: str = "object") -> str | None:
    """The object that a slot number stands for; None for what is no slot number."""
    name = field["name"] if key == "object" and field["type"] == "capability" else None
    return field.get(key, name)


def check_cost(call: dict) -> None:
    for key in ("hypercalls", "bound"):
        if not call.get(key):
            sys.exit(f"system_calls.toml: {call['name']} does not say its cost: no `{key}`")


def check_object(call: dict, field: dict) -> None:
    for key in ("object", "second_object"):
        if named_object(field, key) not in (None, ANY_OBJECT, *OBJECTS):
            sys.exit(f"system_calls.toml: {call['name']}: {field['name']} needs an `{key}`")


def check(calls: list[dict]) -> None:
    """The table's own rules; a table that breaks one builds nothing."""
    numbers, names = set(), set()
    for call in calls:
        if call["number"] in numbers or call["name"] in names:
            sys.exit(f"system_calls.toml: {call['name']}: number or name is taken")
        numbers.add(call["number"])
        names.add(call["name"])
        if call["kind"] not in ("plain", "steps", "thread"):
            sys.exit(f"system_calls.toml: {call['name']}: unknown kind {call['kind']!r}")
        check_cost(call)
        if call.get("entry", "exclusive") not in ("exclusive", "shared", "attempt"):
            sys.exit(f"system_calls.toml: {call['name']}: unknown entry {call['entry']!r}")
        for direction in ("in", "out"):
            fields = call.get(direction, [])
            if len(fields) > len(REGISTERS):
                sys.exit(f"system_calls.toml: {call['name']}: too many registers")
            for field in fields:
                if field["type"] not in MEANING:
                    sys.exit(f"system_calls.toml: {call['name']}: unknown type {field['type']!r}")
                check_object(call, field)


def numbers(calls: list[dict]) -> str:
    text = (
        BANNER
        + "#include <stdint.h>\n\nnamespace lavandin::abi {\n\n"
        + "enum class System_call : uint64_t {\n"
    )
    text += "".join(f"    {c['name']} = {c['number']},\n" for c in calls)
    return text + "};\n\n} // namespace lavandin::abi\n"


def types(calls: list[dict]) -> str:
    text = BANNER + (
        "#include <lavandin/abi/capability.hpp>\n#include <lavandin/abi/message.hpp>\n\n"
        "namespace lavandin::abi {\n"
    )
    for call in calls:
        for direction in ("in", "out"):
            if call.get(direction):
                text += f"\nstruct {structure(call, direction)} {{\n"
                text += "".join(f"    {cpp_type(f)} {f['name']};\n" for f in call[direction])
                text += "};\n"
    return text + "\n} // namespace lavandin::abi\n"


def out_type(call: dict) -> str:
    fields = call.get("out", [])
    if not fields:
        return "void"
    return cpp_type(fields[0]) if len(fields) == 1 else structure(call, "out")


def decode(field: dict, source: str) -> str:
    kind = cpp_type(field)
    if kind == "Message_tag":
        return f"Message_tag{{{source}}}"
    return source if kind == "uint64_t" else f"static_cast<{kind}>({source})"


def encode(field: dict, source: str) -> str:
    return f"{source}.raw()" if cpp_type(field) == "Message_tag" else source


def stubs(calls: list[dict]) -> str:
    text = BANNER + (
        "#include <lavandin/abi/result.hpp>\n#include <lavandin/abi/system_call_numbers.hpp>\n"
        "#include <lavandin/abi/system_call_types.hpp>\n#include <lavandin/enter_kernel.hpp>\n\n"
        "namespace lavandin {\n\nusing namespace abi;\n"
    )
    for call in calls:
        arguments = call.get("in", [])
        parameters = ", ".join(f"{cpp_type(f)} {f['name']}" for f in arguments)
        text += f"\ninline Result<{out_type(call)}> {call['name']}({parameters}) {{\n"
        text += "    Registers registers{};\n"
        for i, field in enumerate(arguments):
            text += f"    registers.word[{i}] = {encode(field, field['name'])};\n"
        text += f"    Error const error = enter_kernel(System_call::{call['name']}, registers);\n"
        fields = call.get("out", [])
        if not fields:
            text += "    return error;\n}\n"
            continue
        text += "    if (error != Error::none)\n        return error;\n"
        values = [decode(f, f"registers.word[{i}]") for i, f in enumerate(fields)]
        if len(fields) == 1:
            text += f"    return {values[0]};\n}}\n"
        else:
            text += f"    return {structure(call, 'out')}{{" + ", ".join(values) + "};\n}\n"
    return text + "\n} // namespace lavandin\n"


def handler(call: dict) -> str:
    result = f"Result<{out_type(call)}>" if call["kind"] == "plain" else "void"
    argument = f", abi::{structure(call, 'in')} const& in" if call.get("in") else ""
    if call["kind"] == "plain" and out_type(call) not in ("void", "uint64_t"):
        result = f"Result<abi::{out_type(call)}>"
    return f"{result} {call['name']}(Thread& caller{argument})"


def attempt(call: dict) -> str:
    argument = f", abi::{structure(call, 'in')} const& in" if call.get("in") else ""
    return f"bool {call['name']}(Thread& caller{argument})"


def handlers(calls: list[dict]) -> str:
    text = BANNER + (
        "#include <kernel/result.hpp>\n#include <lavandin/abi/system_call_types.hpp>\n\n"
        "namespace kernel {\n\nclass Thread;\n\nnamespace system_call {\n\n"
    )
    text += "".join(f"{handler(c)};\n" for c in calls)
    text += "\n} // namespace system_call\n\nnamespace attempt {\n\n"
    text += "".join(f"{attempt(c)};\n" for c in calls if c.get("entry") == "attempt")
    return text + "\n} // namespace attempt\n} // namespace kernel\n"


def decoded(call: dict) -> str:
    """The line that makes a handler's argument of the registers."""
    values = [decode(f, f"registers.word({i})") for i, f in enumerate(call["in"])]
    return f"        {structure(call, 'in')} const in{{" + ", ".join(values) + "};\n"


def entries(calls: list[dict]) -> str:
    """How calls enter, and the attempts of those that have one."""
    text = "\nEntry entry_of(uint64_t number) {\n    using abi::System_call;\n"
    text += "    switch (static_cast<System_call>(number)) {\n"
    for kind in ("shared", "attempt"):
        named = [c for c in calls if c.get("entry") == kind]
        text += "".join(f"    case System_call::{c['name']}:\n" for c in named)
        text += f"        return Entry::{kind};\n"
    text += "    default:\n        return Entry::exclusive;\n    }\n}\n"
    text += "\nbool attempt_call(Thread& caller) {\n    using namespace abi;\n"
    text += "    auto& registers = caller.registers();\n"
    text += "    switch (static_cast<System_call>(registers.number())) {\n"
    for call in (c for c in calls if c.get("entry") == "attempt"):
        text += f"    case System_call::{call['name']}: {{\n" + decoded(call)
        text += f"        return attempt::{call['name']}(caller, in);\n    }}\n"
    return text + "    default:\n        return false;\n    }\n}\n"


def dispatch(calls: list[dict]) -> str:
    text = BANNER.replace("#pragma once\n\n", "") + (
        "#include <kernel/dispatch.hpp>\n#include <kernel/system_calls.hpp>\n"
        "#include <kernel/thread.hpp>\n"
        "#include <lavandin/abi/system_call_numbers.hpp>\n\nnamespace kernel {\n\n"
        "void dispatch(Thread& caller) {\n    using namespace abi;\n"
        "    auto& registers = caller.registers();\n"
        "    switch (static_cast<System_call>(registers.number())) {\n"
    )
    for call in calls:
        text += f"    case System_call::{call['name']}: {{\n"
        argument = ""
        if call.get("in"):
            text += decoded(call)
            argument = ", in"
        invocation = f"system_call::{call['name']}(caller{argument})"
        fields = call.get("out", [])
        if call["kind"] != "plain":
            text += f"        {invocation};\n"
        elif not fields:
            text += f"        registers.answer({invocation}.error());\n"
        else:
            text += f"        auto const result = {invocation};\n"
            text += "        registers.answer(result.error());\n"
            text += "        if (result.ok()) {\n"
            for i, field in enumerate(fields):
                source = "result.value()" + (f".{field['name']}" if len(fields) > 1 else "")
                text += f"            registers.set_word({i}, {encode(field, source)});\n"
            text += "        }\n"
        text += "        return;\n    }\n"
    text += "    }\n    registers.answer(Error::no_such_system_call);\n}\n"
    return text + entries(calls) + "\n} // namespace kernel\n"


def pairs(calls: list[dict]) -> str:
    text = BANNER + (
        "#include <lavandin/abi/error.hpp>\n#include <lavandin/abi/system_call_numbers.hpp>\n\n"
        "namespace lavandin {\n\nstruct System_call_pair {\n    abi::System_call call;\n"
        "    abi::Error error;\n    char const* call_name;\n    char const* error_name;\n};\n\n"
        "inline constexpr System_call_pair system_call_pairs[] = {\n"
    )
    for call in calls:
        for error in ["none"] + [e["name"] for e in call.get("errors", [])]:
            text += (
                f"    {{abi::System_call::{call['name']}, abi::Error::{error}, "
                f"\"{call['name']}\", \"{error}\"}},\n"
            )
    return text + "};\n\n} // namespace lavandin\n"


def argument(field: dict) -> str:
    objects = [named_object(field, key) for key in ("object", "second_object")]
    none = "abi::Object_type::none"
    types = [f"abi::Object_type::{o}" if o in OBJECTS else none for o in objects]
    optional = "true" if field.get("optional") else "false"
    return (
        f"{{Argument_type::{field['type']}, {', '.join(types)}, \"{field['name']}\", {optional}, "
        f"{field.get('most', 0)}}}"
    )


ARGUMENTS = """#include <lavandin/abi/capability.hpp>
#include <lavandin/abi/system_call_numbers.hpp>

namespace lavandin {

// none: the register carries nothing.
enum class Argument_type : uint8_t { none, TYPES };

struct System_call_argument {
    Argument_type type{Argument_type::none};
    abi::Object_type object{};        // that a slot number names; none: any
    abi::Object_type second_object{}; // the same for a word's high half; none: no slot
    char const* name{""};
    bool optional{false}; // a slot number may be 0, for none
    uint64_t most{0};     // nothing above is ever valid; 0: no such limit
};

struct System_call_shape {
    abi::System_call call;
    char const* name;
    bool may_fail;    // soon, when it is made at random
    bool may_block;   // or end the caller
    bool destructive; // may end what its arguments name
    System_call_argument in[6];
    System_call_argument out[6];
};

inline constexpr System_call_shape system_call_shapes[] = {
"""


def arguments(calls: list[dict]) -> str:
    text = BANNER + ARGUMENTS.replace("TYPES", ", ".join(MEANING))
    for call in calls:
        text += f"    {{abi::System_call::{call['name']}, \"{call['name']}\", "
        may_fail = call.get("errors") and not call.get("rarely_fails")
        facts = (may_fail, call["kind"] == "thread", call.get("destructive"))
        text += ", ".join("true" if fact else "false" for fact in facts)
        for direction in ("in", "out"):
            fields = ",\n      ".join(argument(f) for f in call.get(direction, []))
            text += f",\n     {{{fields}}}"
        text += "},\n"
    return text + "};\n\n} // namespace lavandin\n"


def table(rows: list[tuple[str, ...]], head: tuple[str, ...]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(r) + " |" for r in rows]) + "\n"


COST = """A call costs one entry and the hypercalls named, which include the one that returns to
user mode. Beside that:

- *a switch* to a thread of another process is 3: page table, thread pointer, return;
- *the timer* is 1, when a deadline becomes the nearest;
- *a kernel page* is 1 or 2, when objects of a kind have filled theirs;
- *a page table* is none from the pool, and 3 (17,000 instructions; 24,000 for the top one, which
  a process or a group has) when that is empty. A mapping needs one where nothing within 2 MiB,
  1 GiB or 512 GiB was mapped before;
- *a shared page*, whose frame a copy (`memory_copy`) has, too, and which gets one of its own, is 1
  to copy it and at most 2 for each of its mappings, of which there are 8 at most.

What bounds the work is named, too; all else is constant. Work that takes long is done in steps,
between which events are seen to and threads of higher priority run. Figures are instructions, Xen's
included, for the simplest case; in brackets what Xen alone takes at least. They were measured by
`./lavandin bench --record` and stand in `figures.json`; `./lavandin bench --check` compares.
"""


def figures_beside(table: pathlib.Path) -> dict[str, dict]:
    """What was measured, by name; nothing where there is no such file."""
    try:
        text = (table.resolve().parents[2] / "docs" / "figures.json").read_text()
    except OSError:
        return {}
    return json.loads(text)["lavandin"]


def measured(call: dict, figures: dict[str, dict]) -> str:
    figure = figures.get(call.get("figure", call["name"]))
    return f"{figure['median']:,.0f} ({figure['floor']:,.0f})" if figure else ""


def cost(call: dict, figures: dict[str, dict]) -> str:
    text = f"\nCost: hypercalls: {call['hypercalls']}. Bounded by: {call['bound']}.\n"
    if not (figure := measured(call, figures)):
        return text
    where = f" ({call['figure']})" if "figure" in call else ""
    return text + f"Measured{where}: {figure} instructions.\n"


def reference(calls: list[dict], figures: dict[str, dict]) -> str:
    text = (
        "# System calls\n\n"
        "Made from `kernel/abi/system_calls.toml`; `./lavandin build` fails when this is old.\n\n"
        "Number in `rax`, error out in `rax` (`lavandin/abi/error.hpp`; 0 is success). Arguments\n"
        "in `rdi`, `rsi`, `rdx`, `r10`, `r8`, `r9`, results in the same registers in the same\n"
        "order; of a slot number the low 32 bits count. `rcx` and `r11` are lost, all other\n"
        "registers are kept. A call that fails changes nothing, but that a caller which a\n"
        "receive gave up stays given up, and that pages shared with a copy may have got frames\n"
        "of their own. Any other number answers `no_such_system_call`.\n\n"
    )
    text += table(
        [
            (
                f"{c['number']}",
                f"[{c['name']}](#{c['name']})",
                " ".join(c["text"].split()).split(". ")[0].rstrip(".") + ".",
                measured(c, figures),
            )
            for c in calls
        ],
        ("number", "call", "what", "instructions"),
    )
    text += "\n## What calls cost\n\n" + COST
    for call in calls:
        text += (
            f"\n## {call['name']}\n\nNumber {call['number']}. {' '.join(call['text'].split())}\n"
        )
        for direction, title in (("in", "Takes"), ("out", "Answers")):
            if call.get(direction):
                text += f"\n{title}\n\n" + table(
                    [
                        (REGISTERS[i], f"`{f['name']}`", MEANING[f["type"]], f["text"])
                        for i, f in enumerate(call[direction])
                    ],
                    ("register", "name", "type", "meaning"),
                )
        if call.get("errors"):
            text += "\nErrors\n\n" + table(
                [(f"`{e['name']}`", e["when"]) for e in call["errors"]], ("error", "when")
            )
        else:
            text += "\nHas no errors.\n"
        text += cost(call, figures)
    return text


def main() -> None:
    kinds = (numbers, types, stubs, handlers, dispatch, pairs, arguments, reference)
    makers = {f.__name__: f for f in kinds}
    if len(sys.argv) not in (3, 4) or sys.argv[2] not in makers:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        calls = sorted(tomllib.load(file)["call"], key=lambda c: c["number"])
    check(calls)
    figures = (figures_beside(pathlib.Path(sys.argv[1])),) if sys.argv[2] == "reference" else ()
    text = makers[sys.argv[2]](calls, *figures)
    if len(sys.argv) == 4:
        output = pathlib.Path(sys.argv[3])
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
