// SPDX-License-Identifier: MIT
// Nothing but the header that is precompiled with it (CMakeLists.txt).
