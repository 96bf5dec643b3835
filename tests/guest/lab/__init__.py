"""A private laboratory for real guests: boots the test image under QEMU emulation, watches it from outside, loads it,
and leaves nothing behind. Used by the end-to-end tests, the demo and the benches. Python's standard library only."""
