// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SANDBOX_SANITIZED_H
#define PLUMB_SANDBOX_SANITIZED_H

// 1 when built with AddressSanitizer: its leak checker reads /proc/self and traces the program from a process of its own.
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#endif
