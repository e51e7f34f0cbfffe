/* Multiples of the base point of the curve Ed25519 (RFC 8032 §5.1), in constant time. OpenSSL signs with keys
 * that it has hashed itself; MariaDB's client_ed25519 hashes the password, of any length, and needs the curve
 * itself. Pure. */
#pragma once

#include <stdint.h>

#define EDWARDS_BYTES 32

/* The encoded point scalar * B. The scalar is little-endian. */
void edwards_base_multiple(const uint8_t scalar[EDWARDS_BYTES], uint8_t point_r[EDWARDS_BYTES]);
