#pragma once
/// Between one guest and the arbiter: its claim from what is known of it, and its decision after the arbiter's answer.
/// Pure; hostd and the simulator use the same.

#include <optional>
#include <string>

#include "core/arbiter/claim.hpp"
#include "core/model/sample.hpp"
#include "core/plan/facts.hpp"
#include "core/plan/resize_machine.hpp"
#include "core/policy/decide.hpp"

namespace dynascale::arbiter {

struct KnownGuest {
  std::string guest;
  const policy::PolicyConfig& policy;
  const Limits& limits;
  const policy::GuestState& state;
  const plan::Facts& facts;
  const Sample& sample;
  const policy::Decision& decision;  ///< Of its own policy, before the arbiter.
  unsigned shares = 100;
  bool acted_on = true;  ///< Not paused, not only advised, not starting.
  std::optional<Holding::Flight> flight;
  std::optional<double> busy_measured;  ///< By the hypervisor, whatever the guest says.
  std::optional<Bytes> resident;        ///< Of the QEMU process.
  std::optional<Bytes> memory_free;
};

/// What the guest counts for on the host. Its own words are believed as far as the hypervisor bears them out: vCPUs
/// that run count as used, said to be parked or not, and so does memory that the process really holds.
[[nodiscard]] Amounts held_by(const KnownGuest& known);

[[nodiscard]] Claim claim_of(const KnownGuest& known, Instant now);

[[nodiscard]] Outcome outcome_of(plan::Ending ending);

[[nodiscard]] bool is_urgent(const policy::Decision& decision);
/// Whether it shrinks for others, so that the guest's own wish for it is no reason to stop.
[[nodiscard]] bool gives(const policy::Decision& decision);

/// The decision as far as the host allows it, and less where the host asks for it and the guest does not grow.
[[nodiscard]] policy::Decision arbitrated(const policy::Decision& decision, const Size& current, const Answer& answer,
                                          const Order* order, const Limits& limits);

}  // namespace dynascale::arbiter
