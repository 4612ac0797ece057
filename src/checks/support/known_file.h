// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_CHECKS_SUPPORT_KNOWN_FILE_H
#define PLUMB_CHECKS_SUPPORT_KNOWN_FILE_H

#include "base/arena.h"
#include "model/exchange.h"

// Files that stand on every machine of a kind, known by their form alone: nothing secret is in them.
enum known_file { KNOWN_PASSWD, KNOWN_VERSION, KNOWN_WIN_INI, KNOWN_COUNT };
struct sv known_file_path(enum known_file f); // without the leading slash or drive: "etc/passwd"

// Does the file's form stand in the answer (also inside JSON texts and base64)? Two account lines below each other, the administrator's first,
// the line of a kernel, the sections of the first Windows. Words about such files have not that form.
bool known_file_shows(struct arena *a, const struct exchange *x, enum known_file f);
// A copy of the exchange whose body keeps only the beginning of the file's first line: the proof without its content. NULL when out of memory.
struct exchange *known_file_withhold(struct arena *a, const struct exchange *x, enum known_file f);

#endif
