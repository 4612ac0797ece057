// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_MODEL_PRINCIPAL_H
#define PLUMB_MODEL_PRINCIPAL_H

#include "base/sv.h"
#include "model/exchange.h"

// Who sends. Index 0 of every scan is nobody: no name, no headers.
struct principal {
    struct sv name;
    struct sv role, tenant;     // labels, SV_NONE when not given
    struct header_list headers; // credentials; only src/scan sees them
};

#endif
