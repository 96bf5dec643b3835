#pragma once
/// The host's ledger of both resources, in two phases: what a guest gives is free only after the hypervisor shows that
/// it came back, and what a guest may take is set aside from the moment of its permit. A plain value; bounded by the
/// number of guests.

#include <map>
#include <optional>
#include <string>

#include "core/arbiter/amounts.hpp"

namespace dynascale::arbiter {

/// What the hypervisor shows of one guest.
struct Holding {
  /// In use now, with what was requested of the hypervisor and may still come: it counts until the request is
  /// withdrawn, also from a guest that is stuck or lies.
  Amounts held;
  /// A resize under way: from and to. Until it ends its larger side counts, for it may be undone.
  struct Flight {
    Amounts from;
    Amounts to;
    bool operator==(const Flight&) const = default;
  };
  std::optional<Flight> flight;
  bool operator==(const Holding&) const = default;
};

class Ledger {
 public:
  struct Lifetimes {
    Duration unused{};  ///< Of a permit whose resize does not begin.
    Duration flying{};  ///< Of one whose resize does not end.
  };
  explicit Ledger(Lifetimes lifetimes) : lifetimes_{lifetimes} {}

  void set_limit(Amounts limit) { limit_ = limit; }
  [[nodiscard]] const Amounts& limit() const { return limit_; }

  /// Takes up what the hypervisor shows. Ends a permit whose resize has ended, and one that is too old.
  void observe(const std::string& guest, const Holding& holding, Instant now);
  void forget(const std::string& guest);

  /// Sets a resource aside for the guest, up to `level` in all. False, and nothing is changed, when what it takes
  /// beyond the guest's commitment is not free, or the guest is not known.
  [[nodiscard]] bool permit(const std::string& guest, Resource resource, Amount level, Instant now);
  /// The guest's resize has begun. Its end shows in the next holding, with what it reached.
  void begun(const std::string& guest, const Holding::Flight& flight, Instant now);
  /// Its resize ended without what was asked for: the guest may still be on its way back to its former size.
  void undone(const std::string& guest, Instant now);

  /// What counts for the guest: the largest of what it has, what it is permitted and what it may come back to.
  [[nodiscard]] Amounts committed(const std::string& guest) const;
  [[nodiscard]] Amounts held(const std::string& guest) const;
  [[nodiscard]] Amounts permitted(const std::string& guest) const;
  [[nodiscard]] bool knows(const std::string& guest) const { return accounts_.contains(guest); }
  [[nodiscard]] bool in_flight(const std::string& guest) const;

  [[nodiscard]] const Amounts& committed() const { return sums_.committed; }
  [[nodiscard]] Amount free(Resource resource) const { return less_by(limit_[resource], committed()[resource]); }
  /// By how much guests have more than the limit: they did before hostd came, or the limit was lowered.
  [[nodiscard]] Amount overdraft(Resource resource) const { return less_by(committed()[resource], limit_[resource]); }
  /// Guests that change or may begin to, and how much of a resource is on its way: permits that are not used up,
  /// and what shrinking guests give.
  [[nodiscard]] unsigned flights() const { return sums_.flights; }
  [[nodiscard]] Amount moving(Resource resource) const { return sums_.moving[resource]; }
  /// Of that, what comes back.
  [[nodiscard]] Amount returning(Resource resource) const { return sums_.returning[resource]; }
  [[nodiscard]] std::size_t size() const { return accounts_.size(); }

 private:
  struct Account {
    Holding holding;
    Amounts permitted;  ///< In all, not beyond `held`; zero without a permit.
    Instant permitted_at;
    bool flying = false;  ///< The permit's resize has been seen or announced.
    Amounts coming_back;  ///< Until `back_by` it may have that much again.
    Instant back_by;
  };
  /// Of one account, or of all.
  struct Sums {
    Amounts committed;
    Amounts moving;
    Amounts returning;
    unsigned flights = 0;
  };
  [[nodiscard]] static Sums sums_of(const Account& account);
  /// Runs `change` on the account and keeps the sums right.
  template <class Change>
  void edit(Account& account, Change change);

  Lifetimes lifetimes_;
  Amounts limit_;
  Sums sums_;
  std::map<std::string, Account> accounts_;
};

}  // namespace dynascale::arbiter
