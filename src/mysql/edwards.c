#include "mysql/edwards.h"

#include <openssl/crypto.h>

/* A number modulo p = 2^255 - 19 as five limbs of 51 bits, each below 2^54. */
#define LIMBS 5
#define LIMB_BITS 51
#define LIMB_MASK ((UINT64_C(1) << LIMB_BITS) - 1)

__extension__ typedef unsigned __int128 wide;

struct number {
    uint64_t limb[LIMBS];
};

/* Extended coordinates: x = X/Z, y = Y/Z, T = XY/Z. */
struct point {
    struct number x, y, z, t;
};

static const struct number zero = { { 0 } };
static const struct number one = { { 1 } };
/* 2d, where -x² + y² = 1 + d x² y² */
static const struct number d2 = { { 0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977,
                                    0x2406d9dc56dff } };
static const struct number base_x = { { 0x62d608f25d51a, 0x412a4b4f6592a, 0x75b7171a4b31d, 0x1ff60527118fe,
                                        0x216936d3cd6e5 } };
static const struct number base_y = { { 0x6666666666658, 0x4cccccccccccc, 0x1999999999999, 0x3333333333333,
                                        0x6666666666666 } };

/* ---- numbers ---- */

static void carry(struct number *a)
{
    for (int i = 0; i < LIMBS; i++) {
        uint64_t over = a->limb[i] >> LIMB_BITS;
        a->limb[i] &= LIMB_MASK;
        a->limb[(i + 1) % LIMBS] += i + 1 < LIMBS ? over : over * 19; /* 2^255 is 19 modulo p */
    }
}

static struct number sum(struct number a, struct number b)
{
    for (int i = 0; i < LIMBS; i++)
        a.limb[i] += b.limb[i];
    carry(&a);
    return a;
}

static struct number difference(struct number a, struct number b)
{
    for (int i = 0; i < LIMBS; i++) /* 8p is added, so that no limb becomes negative */
        a.limb[i] += (i == 0 ? (LIMB_MASK - 18) * 8 : LIMB_MASK * 8) - b.limb[i];
    carry(&a);
    return a;
}

static struct number product(struct number a, struct number b)
{
    wide columns[LIMBS] = { 0 };
    struct number result;
    for (int i = 0; i < LIMBS; i++)
        for (int j = 0; j < LIMBS; j++)
            columns[(i + j) % LIMBS] += (wide)a.limb[i] * (i + j < LIMBS ? b.limb[j] : b.limb[j] * 19);
    wide over = 0;
    for (int i = 0; i < LIMBS; i++) {
        columns[i] += over;
        result.limb[i] = (uint64_t)columns[i] & LIMB_MASK;
        over = columns[i] >> LIMB_BITS;
    }
    columns[0] = (wide)result.limb[0] + over * 19;
    result.limb[0] = (uint64_t)columns[0] & LIMB_MASK;
    result.limb[1] += (uint64_t)(columns[0] >> LIMB_BITS);
    return result;
}

/* a^(p-2), which is 1/a: all bits of the exponent but 2 and 4 are ones. */
static struct number inverse(struct number a)
{
    struct number result = one;
    for (int bit = 254; bit >= 0; bit--) {
        result = product(result, result);
        if (bit != 2 && bit != 4)
            result = product(result, a);
    }
    return result;
}

/* The number below p, little-endian. */
static void pack(struct number a, uint8_t out[EDWARDS_BYTES])
{
    carry(&a);
    carry(&a);
    for (int round = 0; round < 2; round++) { /* subtracts p while the number is not less */
        struct number trial = a;
        uint64_t borrow = 0;
        for (int i = 0; i < LIMBS; i++) {
            uint64_t subtrahend = (i == 0 ? LIMB_MASK - 18 : LIMB_MASK) + borrow;
            borrow = (trial.limb[i] - subtrahend) >> 63;
            trial.limb[i] = (trial.limb[i] - subtrahend) & LIMB_MASK;
        }
        uint64_t keep = UINT64_C(0) - borrow; /* all ones: a < p */
        for (int i = 0; i < LIMBS; i++)
            a.limb[i] = (a.limb[i] & keep) | (trial.limb[i] & ~keep);
    }
    for (int i = 0; i < EDWARDS_BYTES; i++) {
        int bit = i * 8, limb = bit / LIMB_BITS, shift = bit % LIMB_BITS;
        uint64_t value = a.limb[limb] >> shift;
        if (shift > LIMB_BITS - 8 && limb + 1 < LIMBS)
            value |= a.limb[limb + 1] << (LIMB_BITS - shift);
        out[i] = (uint8_t)value;
    }
}

/* ---- points ---- */

/* p + q, also where both are the same (RFC 8032 §5.1.4). */
static struct point added(const struct point *p, const struct point *q)
{
    struct number a = product(difference(p->y, p->x), difference(q->y, q->x));
    struct number b = product(sum(p->y, p->x), sum(q->y, q->x));
    struct number c = product(product(p->t, d2), q->t);
    struct number d = product(sum(p->z, p->z), q->z);
    struct number e = difference(b, a), f = difference(d, c), g = sum(d, c), h = sum(b, a);
    return (struct point){ product(e, f), product(g, h), product(f, g), product(e, h) };
}

/* Exchanges the points if `bit` is 1. */
static void exchange(struct point *p, struct point *q, unsigned bit)
{
    uint64_t *a = p->x.limb, *b = q->x.limb;
    uint64_t all = UINT64_C(0) - bit;
    for (size_t i = 0; i < sizeof *p / sizeof *a; i++) {
        uint64_t differs = (a[i] ^ b[i]) & all;
        a[i] ^= differs;
        b[i] ^= differs;
    }
}

void edwards_base_multiple(const uint8_t scalar[EDWARDS_BYTES], uint8_t point_r[EDWARDS_BYTES])
{
    struct point p = { zero, one, one, zero };
    struct point q = { base_x, base_y, one, product(base_x, base_y) };
    for (int bit = 255; bit >= 0; bit--) { /* q is always p + B */
        unsigned is_set = scalar[bit / 8] >> (bit % 8) & 1U;
        exchange(&p, &q, is_set);
        q = added(&q, &p);
        p = added(&p, &p);
        exchange(&p, &q, is_set);
    }
    struct number z = inverse(p.z);
    uint8_t x[EDWARDS_BYTES];
    pack(product(p.x, z), x);
    pack(product(p.y, z), point_r);
    point_r[EDWARDS_BYTES - 1] |= (uint8_t)((x[0] & 1U) << 7);
    OPENSSL_cleanse(&p, sizeof p);
    OPENSSL_cleanse(&q, sizeof q);
}
