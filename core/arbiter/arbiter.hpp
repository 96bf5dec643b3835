#pragma once
/// Divides one host among all its guests: who may grow now, who is asked to give, and which needs this host cannot
/// meet. A plain value fed with claims once a period and asked at any moment; time is a parameter.
///
/// Promises, checked at random in tests/unit/core/arbiter and tests/sim:
///  - what guests have and are permitted never grows past the limit; only a guest's own doing can exceed it, and then
///    nothing is permitted until it is below again;
///  - a permit is given from what is free now, never from what somebody is still to give;
///  - while anybody lacks what it is entitled to, nobody grows above its own entitlement;
///  - nobody is asked for what it is entitled to; what somebody has beyond that and cannot be taken, in use or refused,
///    lowers what all are entitled to, by their shares: nobody bears it alone;
///  - who gives is served before others when its need returns, who refuses after them and is entitled to its use alone;
///  - names order nothing.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/arbiter/claim.hpp"
#include "core/arbiter/config.hpp"
#include "core/arbiter/host_pressure.hpp"
#include "core/arbiter/scale_out.hpp"

namespace dynascale::arbiter {

struct HostCapacity {
  unsigned cpus = 0;
  Bytes memory;
};

/// What all guests together may have; the host keeps at least one CPU's worth for them.
[[nodiscard]] Amounts limit_of(const HostCapacity& capacity, const ArbiterConfig& config, std::size_t guests);

/// A wish that was not met in full.
struct Waiting {
  Amounts wanted;
  Amounts lacking;  ///< Within its entitlement, at the last look.
  bool urgent = false;
  Instant since;
  Instant repeated;
  bool for_cpus = false;  ///< Held up by the host's cores.
  std::string why;
};

/// How a guest stands with the host.
struct Standing {
  Amounts entitled;
  Amounts credit;  ///< Given on request and not regained.
  std::optional<Instant> credited;
  std::optional<Instant> refused;
  std::optional<Instant> taken;  ///< When it last gave on request.
  bool ordered = false;          ///< Its resize under way follows an order.
};

class Arbiter {
 public:
  explicit Arbiter(ArbiterConfig config);

  void set_capacity(const HostCapacity& capacity) { capacity_ = capacity; }

  /// Takes up what is so now; guests that are not in `claims` are gone. Returns scale-out events that changed.
  std::vector<ScaleOutEvent> turn(std::vector<Claim> claims, const std::optional<HostLoad>& load, Instant now);

  /// May this guest change so? What is allowed is set aside for it.
  [[nodiscard]] Answer ask(const Wish& wish, Instant now);
  /// What the guest is asked to give, for as long as it is.
  [[nodiscard]] const Order* order_for(const std::string& guest) const;
  void begun(const std::string& guest, const Holding::Flight& flight, Instant now);
  void ended(const std::string& guest, Outcome outcome, const Amounts& given, Instant now);

  // For status and explain.
  [[nodiscard]] const ArbiterConfig& config() const { return config_; }
  [[nodiscard]] const HostCapacity& capacity() const { return capacity_; }
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  [[nodiscard]] const HostState& host() const { return pressure_.state(); }
  [[nodiscard]] const ScaleOut& scale_out() const { return scale_out_; }
  [[nodiscard]] const std::map<std::string, Waiting>& waiting() const { return waiting_; }
  [[nodiscard]] const std::map<std::string, Standing>& standings() const { return standings_; }
  [[nodiscard]] const std::map<std::string, Order>& orders() const { return orders_; }

 private:
  struct Grant {
    Amount level = 0;
    policy::Reason why_not;  ///< Set when `level` is below what was wished.
  };
  void take_claims(std::vector<Claim> claims, Instant now);
  void divide_all();
  void drop_old(Instant now);
  void serve(Instant now);
  void serve(Resource resource, Instant now);
  void plan_orders(Instant now);
  void plan_orders(Resource resource, Instant now);
  [[nodiscard]] std::vector<Condition> conditions() const;

  [[nodiscard]] std::optional<policy::Reason> gate(const Wish& wish, Resource resource, bool pressing) const;
  [[nodiscard]] Grant grant(const Wish& wish, Resource resource, Amount ceiling, Amount reserved, bool pressing);
  [[nodiscard]] policy::Reason shortage(const Wish& wish, Resource resource, Amount level, Amount ceiling) const;
  [[nodiscard]] Amount flight_room(const std::string& guest, Resource resource) const;
  void wait(const Wish& wish, const Amounts& allowed, const std::vector<policy::Reason>& reasons, Instant now);
  void stop_waiting(const std::string& guest);
  void count_lacking(const std::string& guest, Waiting& waiting);
  [[nodiscard]] Amount lacking_of_others(const std::string& guest, Resource resource, bool pressing) const;
  [[nodiscard]] Amount band(Resource resource, Amount of) const;
  [[nodiscard]] bool presses(const Waiting& waiting, Instant now) const;
  [[nodiscard]] bool refuses(const std::string& guest, Instant now) const;
  [[nodiscard]] Amount missing(Resource resource) const;
  [[nodiscard]] bool may_give(const Claim& claim, Resource resource, Instant now) const;

  ArbiterConfig config_;
  HostCapacity capacity_;
  Ledger ledger_;
  HostPressure pressure_;
  ScaleOut scale_out_;
  std::map<std::string, Claim> claims_;
  std::map<std::string, Standing> standings_;
  std::map<std::string, Waiting> waiting_;
  std::map<std::string, Order> orders_;
  Amounts lacking_;         ///< Of all that wait,
  Amounts lacking_urgent_;  ///< and of those that are urgent.
  std::uint64_t epoch_ = 0;  ///< Moves on with each order that ends: chance among equals changes with it.
  Instant now_;              ///< Of the last turn.
};

}  // namespace dynascale::arbiter
