// SPDX-License-Identifier: MIT
#include "load.hpp"

namespace lavandin::resource_manager {

Load classify(Observation const&, Observation const&) { return {}; }

Load const& Classifier::add(Load const& seen) {
    bool const news = seen.kind != _said.kind;
    _times = news && seen.kind == _candidate ? _times + 1 : 1;
    _candidate = seen.kind;
    coop_load const kind = !news || _times >= needed || _said.kind == COOP_LOAD_UNKNOWN
                               ? seen.kind
                               : _said.kind;
    _said = seen;
    _said.kind = kind;
    return _said;
}

} // namespace lavandin::resource_manager
