#pragma once
/// How an amount of memory is spread over the balloon and the virtio-mem devices, and the next step towards
/// it.
///
/// virtio-mem moves first in both directions: it resizes at tens of GiB/s, the balloon at one or two
/// (HyperAlloc, EuroSys'25, artifact). The balloon does the rest: less than a block, and what lies inside
/// boot memory.

#include <optional>
#include <vector>

#include "core/plan/facts.hpp"

namespace dynascale::plan {

struct MemoryLayout {
  std::optional<Bytes> balloon;  ///< Boot memory that the guest is to have; absent without a balloon.
  std::vector<Bytes> devices;    ///< Sizes, in the order of Facts::devices.
  bool operator==(const MemoryLayout&) const = default;
};

/// What the guest has.
[[nodiscard]] MemoryLayout layout_now(const Facts& facts);

/// The layout for `target` with the least moved: as near as blocks and ceilings allow, and never past it by
/// more than a block. Growing never takes from one part to give to another, nor does shrinking.
[[nodiscard]] MemoryLayout layout_for(const Facts& facts, Bytes target);

[[nodiscard]] Bytes amount_of(const Facts& facts, const MemoryLayout& layout);

struct StepSizes {
  Bytes up;    ///< Of virtio-mem; the balloon deflates at once.
  Bytes down;  ///< Of each part.
};

/// The next layout to request on the way from what the guest has to `goal`.
[[nodiscard]] MemoryLayout next_layout(const Facts& facts, const MemoryLayout& goal, StepSizes sizes);

/// True when the guest has `layout`; the balloon may miss it by `tolerance`.
[[nodiscard]] bool has_reached(const Facts& facts, const MemoryLayout& layout, Bytes tolerance);

}  // namespace dynascale::plan
