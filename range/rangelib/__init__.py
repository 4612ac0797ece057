# SPDX-License-Identifier: Apache-2.0
"""The worlds of the range: network namespace, database, metadata, container."""
