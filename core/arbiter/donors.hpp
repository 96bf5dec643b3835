#pragma once
/// From whom to take, and how much: from those who lose least, never below what each is entitled to. Pure.

#include <span>
#include <vector>

#include "core/arbiter/claim.hpp"
#include "core/arbiter/config.hpp"

namespace dynascale::arbiter {

struct Donor {
  const Claim* claim = nullptr;
  Amount entitled = 0;      ///< Taken down to at most this.
  Amount given_lately = 0;  ///< The burden is spread.
  std::uint64_t turn = 0;   ///< Breaks a tie between guests that are alike in everything: theirs changes by chance.
};

struct Taking {
  std::size_t donor = 0;  ///< Index of the donor.
  Amount down_to = 0;
};

/// What a guest loses with each unit that is taken, as a score without unit: 0 for memory that holds nothing, about
/// 1 for warm cache, more with pressure and for what is in use.
[[nodiscard]] double loss_of(const Donor& donor, Resource resource);

/// Covers `amount` as far as it can be, from at most `most_donors`. Independent of the order of `donors`.
[[nodiscard]] std::vector<Taking> choose_donors(std::span<const Donor> donors, Resource resource, Amount amount,
                                                unsigned most_donors, const ArbiterConfig& config);

}  // namespace dynascale::arbiter
