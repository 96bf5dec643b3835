#include "core/policy/predict/mixture.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace dynascale::predict {
namespace {

constexpr std::uint16_t unknown = 0xffff;
constexpr float smallest_bin = 0.02F / 16;  ///< Added to a likelihood: nobody is ruled out by one surprise.
constexpr float error_worth_learning = 1e-4F;
constexpr float odds_greatest = 9;
constexpr float loss_floor = 1e-4F;  ///< Bounds the loss of one surprise.

/// ln(p / (1 - p)) for p = index / 4096; the ends are never asked for, as probabilities are clamped before.
std::array<float, 4097> make_log_odds() {
  std::array<float, 4097> table{};
  for (std::size_t at = 1; at < 4096; ++at) {
    const float probability = static_cast<float>(at) / 4096;
    table[at] = std::log(probability / (1 - probability));
  }
  table[0] = table[1];
  table[4096] = table[4095];
  return table;
}
const std::array<float, 4097> log_odds_table = make_log_odds();

/// How likely a demand is by the uses alone: a distribution over whole sizes, between which a demand that is
/// not whole is shared. `use(size)` is that of one unit more than `size`.
template <class Use>
float likelihood(const Use& use, float demand, std::size_t cells) {
  const auto below = static_cast<std::size_t>(std::clamp(demand, 0.0F, static_cast<float>(cells)));
  const float part = demand - static_cast<float>(below);
  const auto mass = [&](std::size_t at) {
    at = std::clamp<std::size_t>(at, 1, cells);
    return (at == 1 ? 1.0F : use(at - 1)) - (at < cells ? use(at) : 0.0F);
  };
  return (1 - part) * mass(below) + part * mass(below + 1);
}

float chance_of(float log_odds) {
  return 1 / (1 + std::exp(-log_odds));
}

float use_of(const Tails& tails, std::size_t size) {
  return tails.excess[size - 1] - tails.excess[size];
}

/// Turns the uses of all sizes into the distribution. How often a size is exceeded lies between the uses of
/// the units below and above it; there, layer 1 decides.
void conclude(const std::array<float, cells_max>& uses, std::size_t cells, Tails& result) {
  double above = 0;
  for (std::size_t size = cells; size >= 1; --size) {
    if (size < cells) above += uses[size - 1];
    result.excess[size - 1] = static_cast<float>(above);
    const float most = size == 1 ? 1.0F : uses[size - 2];
    result.over[size - 1] = std::clamp(result.over[size - 1], uses[size - 1], most);
  }
}

}  // namespace

Mixture::Mixture(const MixtureOptions& options, std::size_t experts, std::size_t cells, std::size_t lead,
                 std::size_t day)
    : options_{options},
      experts_{experts},
      cells_{cells},
      lead_{lead},
      day_{std::max<std::size_t>(day, 1)},
      stride_{(lead + recorded_max - 1) / recorded_max},
      slots_{(lead + stride_ - 1) / stride_},
      pending_(slots_ + 1),
      stored_((slots_ + 1) * experts * cells, unknown),
      log_weights_(experts),
      shares_(experts),
      refinement_(contexts * (experts + 1)) {
  assert(experts <= experts_max);
  for (std::size_t context = 0; context < contexts; ++context)
    refinement_[context * (experts + 1) + experts].fill(1);
}

std::size_t Mixture::bytes(std::size_t experts, std::size_t cells, std::size_t lead) {
  return sizeof(Mixture) +
         (std::min(lead, recorded_max) + 1) * (sizeof(Pending) + experts * cells * sizeof(std::uint16_t)) +
         2 * experts * sizeof(float) + contexts * (experts + 1) * sizeof(Rates);
}

/// The slot whose forecast is for the current step, or the last one, which holds none that is due.
std::size_t Mixture::due_slot() const {
  if (step_ < lead_ || (step_ - lead_) % stride_ != 0) return slots_;
  return (step_ - lead_) / stride_ % slots_;
}

const Tails* Mixture::due() const {
  const std::size_t slot = due_slot();
  return slot < slots_ ? &pending_[slot].result : nullptr;
}

float Mixture::log_odds(float probability, float floor) const {
  const float kept = std::clamp(probability, floor, 1 - floor);
  return log_odds_table[static_cast<std::size_t>(kept * scale + 0.5F)];
}

void Mixture::learn(float demand) {
  const std::size_t slot = due_slot();
  if (slot == slots_) return;
  learn_shares(slot, demand);
  learn_rates(pending_[slot], demand);
  learn_refinement(slot, demand);
}

void Mixture::learn_shares(std::size_t slot, float demand) {
  const auto& linear = pending_[slot].linear;
  const float mixed =
      likelihood([&](std::size_t size) { return linear[size - 1]; }, demand, cells_) + smallest_bin;
  for (std::size_t expert = 0; expert < experts_; ++expert) {
    const std::uint16_t* uses = stored(slot, expert);
    if (uses[0] == unknown) continue;
    const auto use = [&](std::size_t size) { return static_cast<float>(uses[size - 1]) / scale; };
    const float advantage = (likelihood(use, demand, cells_) + smallest_bin) / mixed - 1;
    log_weights_[expert] = options_.weight_keep * log_weights_[expert] + options_.weight_rate * advantage;
  }
}

void Mixture::learn_rates(const Pending& pending, float demand) {
  for (float& loss : losses_) loss *= options_.rate_keep;
  for (std::size_t size = 1; size < cells_; ++size) {
    const float outcome = std::clamp(demand - static_cast<float>(size), 0.0F, 1.0F);
    for (std::size_t rate = 0; rate < rates; ++rate) {
      const float use = std::clamp(pending.refined[size - 1][rate], loss_floor, 1 - loss_floor);
      losses_[rate] -= outcome * std::log(use) + (1 - outcome) * std::log(1 - use);
    }
  }
}

void Mixture::take_odds(std::size_t slot, std::size_t size, Odds& odds) {
  for (std::size_t expert = 0; expert < experts_; ++expert) {
    const std::uint16_t use = stored(slot, expert)[size - 1];
    odds[expert] = use == unknown ? 0 : log_odds(static_cast<float>(use) / scale, options_.odds_floor);
  }
  odds[experts_] = log_odds(pending_[slot].linear[size - 1], options_.odds_floor / 2);
}

void Mixture::learn_refinement(std::size_t slot, float demand) {
  const Pending& pending = pending_[slot];
  Odds odds{};
  for (std::size_t size = 1; size < cells_; ++size) {
    const float outcome = std::clamp(demand - static_cast<float>(size), 0.0F, 1.0F);
    take_odds(slot, size, odds);
    for (std::size_t view = 0; view < views; ++view) {
      Rates step;
      float greatest = 0;
      for (std::size_t rate = 0; rate < rates; ++rate) {
        const float error = outcome - pending.viewed[size - 1][view][rate];
        greatest = std::max(greatest, std::abs(error));
        step[rate] = options_.refine_rates[rate] * error;
      }
      if (greatest < error_worth_learning) continue;
      Rates* const row = weights(pending.rows[size - 1][view]);
      for (std::size_t input = 0; input <= experts_; ++input) {
        for (std::size_t rate = 0; rate < rates; ++rate) row[input][rate] += step[rate] * odds[input];
      }
    }
  }
}

void Mixture::update_shares(std::span<const std::uint8_t> known) {
  float greatest = -1e30F;
  for (std::size_t expert = 0; expert < experts_; ++expert) {
    if (known[expert] != 0) greatest = std::max(greatest, log_weights_[expert]);
  }
  float sum = 0;
  for (std::size_t expert = 0; expert < experts_; ++expert) {
    shares_[expert] = known[expert] != 0 ? std::exp(log_weights_[expert] - greatest) : 0;
    sum += shares_[expert];
  }
  if (sum > 0) {
    for (float& share : shares_) share /= sum;
  }
}

const Tails& Mixture::mix(std::span<const Tails> forecasts, std::span<const std::uint8_t> known, float now) {
  const std::size_t slot = step_ % stride_ == 0 ? step_ / stride_ % slots_ : slots_;
  ++step_;
  Pending& pending = pending_[slot];
  update_shares(known);
  Tails linear;
  for (std::size_t expert = 0; expert < experts_; ++expert) {
    std::uint16_t* uses = stored(slot, expert);
    if (known[expert] == 0) {
      std::fill(uses, uses + cells_, unknown);
      continue;
    }
    const Tails& own = forecasts[expert];
    uses[cells_ - 1] = 0;
    for (std::size_t size = 1; size < cells_; ++size)
      uses[size - 1] = static_cast<std::uint16_t>(use_of(own, size) * scale + 0.5F);
    for (std::size_t size = 0; size < cells_; ++size) {
      linear.over[size] += shares_[expert] * own.over[size];
      linear.excess[size] += shares_[expert] * own.excess[size];
    }
  }
  pending.result = linear;
  for (std::size_t size = 1; size < cells_; ++size) pending.linear[size - 1] = use_of(linear, size);
  refine(slot, now);
  return pending.result;
}

/// Layer 2's weights for a size, by how great it is, how far from the present demand, how likely, and the
/// part of the day; the last view is the same for all.
Mixture::Rows Mixture::rows_of(std::size_t size, float now, float linear_odds) const {
  const auto whole = static_cast<int>(std::ceil(now - 1e-6F));
  const int distance = static_cast<int>(size) - std::max(whole, 1);
  const int great = size <= 1 ? 0 : size == 2 ? 1 : size <= 4 ? 2 : 3;
  const int odds = static_cast<int>((linear_odds + 6) / 1.3F);
  const auto part = static_cast<int>((step_ + lead_ - 1) % day_ * view_contexts[3] / day_);
  const std::array<int, views> contexts_of{great, std::clamp(distance + 3, 0, 7), std::clamp(odds, 0, 7),
                                           part, 0};
  Rows rows{};
  int before = 0;
  for (std::size_t view = 0; view < views; ++view) {
    rows[view] = static_cast<std::uint8_t>(before + contexts_of[view]);
    before += static_cast<int>(view_contexts[view]);
  }
  return rows;
}

/// Layer 3: what each learning rate is heard with, from its log loss.
Mixture::Rates Mixture::heard_rates() const {
  Rates heard{};
  float all = 0;
  const float least = *std::min_element(losses_.begin(), losses_.end());
  for (std::size_t rate = 0; rate < rates; ++rate) {
    heard[rate] = std::exp(-options_.rate_trust * (losses_[rate] - least));
    all += heard[rate];
  }
  for (float& share : heard) share /= all;
  return heard;
}

/// The mean of all views' log-odds for one size.
Mixture::Rates Mixture::view_size(Pending& pending, std::size_t size, const Odds& odds) {
  Rates mean{};
  for (std::size_t view = 0; view < views; ++view) {
    const Rates* const row = weights(pending.rows[size - 1][view]);
    Rates sum{};
    for (std::size_t input = 0; input <= experts_; ++input) {
      for (std::size_t rate = 0; rate < rates; ++rate) sum[rate] += row[input][rate] * odds[input];
    }
    for (std::size_t rate = 0; rate < rates; ++rate) {
      const float kept = std::clamp(sum[rate], -odds_greatest, odds_greatest);
      mean[rate] += kept / views;
      pending.viewed[size - 1][view][rate] = chance_of(kept);
    }
  }
  return mean;
}

void Mixture::refine(std::size_t slot, float now) {
  Pending& pending = pending_[slot];
  const Rates heard = heard_rates();
  std::array<float, cells_max> uses{};
  Odds odds{};
  Rates smaller;  // A greater size is not used more: each rate's answers are held to that.
  smaller.fill(odds_greatest);
  for (std::size_t size = 1; size < cells_; ++size) {
    take_odds(slot, size, odds);
    pending.rows[size - 1] = rows_of(size, now, odds[experts_]);
    const Rates mean = view_size(pending, size, odds);
    float together = 0;
    for (std::size_t rate = 0; rate < rates; ++rate) {
      smaller[rate] = std::min(mean[rate], smaller[rate]);
      pending.refined[size - 1][rate] = chance_of(smaller[rate]);
      together += heard[rate] * smaller[rate];
    }
    uses[size - 1] = chance_of(together);
  }
  conclude(uses, cells_, pending.result);
}

}  // namespace dynascale::predict
