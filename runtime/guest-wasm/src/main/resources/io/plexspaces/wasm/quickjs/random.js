// Marsaglia's xorshift128 (2003), two outputs for 53 bits. Not for secrets: those come from crypto.
(function (a, b, c, d) {
  "use strict";
  const next = () => {
    let t = d ^ (d << 11);
    t ^= t >>> 8;
    d = c;
    c = b;
    b = a;
    a = t ^ a ^ (a >>> 19);
    return a >>> 0;
  };
  Math.random = () => ((next() >>> 5) * 0x4000000 + (next() >>> 6)) / 0x20000000000000;
})
