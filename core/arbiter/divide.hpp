#pragma once
/// Divides one resource of a host among its guests: weighted max-min fairness above reservations, use before
/// idleness. Pure and exact (integers throughout), so the answer depends on nobody's place in the list.

#include <span>
#include <vector>

#include "core/arbiter/amounts.hpp"
#include "core/model/units.hpp"

namespace dynascale::arbiter {

/// One guest's stake in one resource.
struct Stake {
  Amount min = 0;   ///< Reservation: always honoured.
  Amount need = 0;  ///< In use, and what growth needs; raised to `min`.
  Amount want = 0;  ///< What it would like to have or keep; raised to `need`.
  unsigned shares = 100;
  bool taxed_in_full = false;  ///< Idleness counts nothing: the guest refused to give before.
  Amount stuck = 0;  ///< It has that much and nobody can take it: in use, or refused.
  bool operator==(const Stake&) const = default;
};

/// What each guest is entitled to, in the order of `stakes`. `tax` is the part of `want` above `need` that gives way
/// to others' needs.
///
/// Guarantees: each gets at least `min` and at most `want`. The sum is at most `capacity`, unless the reservations
/// alone are more. Nobody's need goes unmet while another has more than the rest of its tax above its own need
/// and, for its shares, more than it. More capacity never gives anybody less.
[[nodiscard]] std::vector<Amount> divide(std::span<const Stake> stakes, Amount capacity, Ratio tax);

/// The same where some have more than they are entitled to and nobody can take it: so much less is divided, so that all
/// bear the lack, by their shares, and not who happens to need more last. One level for everybody: nobody is entitled
/// to more for being stuck.
///
/// Guarantees beyond those of `divide`: nobody gets more than of `divide`; what all are entitled to or stuck with
/// together comes as near to `capacity` as reservations and what is stuck allow.
[[nodiscard]] std::vector<Amount> divide_around(std::span<const Stake> stakes, Amount capacity, Ratio tax);

}  // namespace dynascale::arbiter
