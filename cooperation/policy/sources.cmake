# SPDX-License-Identifier: MIT
# The policy, freestanding: the same list for the hypervisor, coopd, the simulator and host units.
set(LAVANDIN_POLICY_FOLDER ${CMAKE_CURRENT_LIST_DIR})
set(LAVANDIN_POLICY_SOURCES
    changes.c
    demand.c
    latency.c
    policy.c
    replies.c
    requests.c
    rule_value.c
    rules.c
    shares.c
    targets.c
    weights.c)
list(TRANSFORM LAVANDIN_POLICY_SOURCES PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
