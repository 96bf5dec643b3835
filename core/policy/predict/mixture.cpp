#include "core/policy/predict/mixture.hpp"

#include <algorithm>
#include <cmath>

namespace dynascale::predict {
namespace {

constexpr std::uint16_t unknown = 0xffff;
constexpr float smallest_bin = 0.02F / 16;  ///< Added to a likelihood: nobody is ruled out by one surprise.
constexpr float error_worth_learning = 1e-4F;

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

/// Probability of the grid's cell `cell`, given P(demand > size) for every size.
template <class Over>
float cell_probability(const Over& over, std::size_t cell, std::size_t cells) {
  return (cell == 0 ? 1.0F : static_cast<float>(over[cell - 1])) -
         (cell < cells ? static_cast<float>(over[cell]) : 0);
}

/// Mean excess above each size that fits the refined probabilities: inside each cell the shape of `linear` is
/// kept.
void rebuild_excess(const Tails& linear, Tails& refined, std::size_t cells) {
  double above = 0;
  for (std::size_t size = cells; size-- > 0;) {
    if (size + 1 == cells) {
      refined.excess[size] = 0;
      continue;
    }
    const double in_cell = linear.excess[size] - linear.excess[size + 1];
    const double span = linear.over[size] - linear.over[size + 1];
    const double share = span > 1e-9 ? std::clamp((in_cell - linear.over[size + 1]) / span, 0.0, 1.0) : 0.5;
    above += refined.over[size + 1] + share * (refined.over[size] - refined.over[size + 1]);
    refined.excess[size] = static_cast<float>(above);
  }
}

}  // namespace

Mixture::Mixture(const MixtureOptions& options, std::size_t experts, std::size_t cells, std::size_t lead)
    : options_{options},
      experts_{experts},
      cells_{cells},
      lead_{lead},
      stride_{(lead + recorded_max - 1) / recorded_max},
      slots_{(lead + stride_ - 1) / stride_},
      pending_(slots_ + 1),
      stored_((slots_ + 1) * experts * cells, unknown),
      log_weights_(experts),
      shares_(experts),
      refinement_(contexts * (experts + 1)) {
  for (std::size_t context = 0; context < contexts; ++context)
    refinement_[context * (experts + 1) + experts] = 1;
}

std::size_t Mixture::bytes(std::size_t experts, std::size_t cells, std::size_t lead) {
  return sizeof(Mixture) +
         (std::min(lead, recorded_max) + 1) * (sizeof(Pending) + experts * cells * sizeof(std::uint16_t)) +
         (2 * experts + contexts * (experts + 1)) * sizeof(float);
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
  const float whole = std::ceil(demand - 1e-6F);
  const auto cell = static_cast<std::size_t>(std::clamp(whole - 1, 0.0F, static_cast<float>(cells_)));
  learn_shares(slot, cell);
  learn_refinement(slot, demand);
}

void Mixture::learn_shares(std::size_t slot, std::size_t cell) {
  const float mixed = cell_probability(pending_[slot].linear, cell, cells_) + smallest_bin;
  for (std::size_t expert = 0; expert < experts_; ++expert) {
    const std::uint16_t* over = stored(slot, expert);
    if (over[0] == unknown) continue;
    const float own = (cell == 0 ? scale : static_cast<float>(over[cell - 1])) -
                      (cell < cells_ ? static_cast<float>(over[cell]) : 0.0F);
    const float advantage = (own / scale + smallest_bin) / mixed - 1;
    log_weights_[expert] = options_.weight_keep * log_weights_[expert] + options_.weight_rate * advantage;
  }
}

void Mixture::learn_refinement(std::size_t slot, float demand) {
  const Pending& pending = pending_[slot];
  for (std::size_t size = 1; size <= cells_; ++size) {
    const float error = (demand > static_cast<float>(size) ? 1.0F : 0.0F) - pending.refined[size - 1];
    if (std::abs(error) < error_worth_learning) continue;
    float* weights = refinement_.data() + context_of(size) * (experts_ + 1);
    const float rate = options_.refine_rate * error;
    for (std::size_t expert = 0; expert < experts_; ++expert) {
      const std::uint16_t over = stored(slot, expert)[size - 1];
      if (over == unknown) continue;
      weights[expert] += rate * log_odds(static_cast<float>(over) / scale, options_.odds_floor);
    }
    weights[experts_] += rate * log_odds(pending.linear[size - 1], options_.odds_floor / 2);
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

const Tails& Mixture::mix(std::span<const Tails> forecasts, std::span<const std::uint8_t> known) {
  const std::size_t slot = step_ % stride_ == 0 ? step_ / stride_ % slots_ : slots_;
  ++step_;
  Pending& pending = pending_[slot];
  update_shares(known);
  Tails linear;
  for (std::size_t expert = 0; expert < experts_; ++expert) {
    std::uint16_t* over = stored(slot, expert);
    if (known[expert] == 0) {
      std::fill(over, over + cells_, unknown);
      continue;
    }
    const Tails& own = forecasts[expert];
    for (std::size_t size = 0; size < cells_; ++size) {
      linear.over[size] += shares_[expert] * own.over[size];
      linear.excess[size] += shares_[expert] * own.excess[size];
      over[size] = static_cast<std::uint16_t>(own.over[size] * scale + 0.5F);
    }
  }
  pending.linear = linear.over;
  pending.result = linear;
  refine(slot, known);
  rebuild_excess(linear, pending.result, cells_);
  return pending.result;
}

void Mixture::refine(std::size_t slot, std::span<const std::uint8_t> known) {
  Pending& pending = pending_[slot];
  for (std::size_t size = 1; size <= cells_; ++size) {
    const float* weights = refinement_.data() + context_of(size) * (experts_ + 1);
    float sum = weights[experts_] * log_odds(pending.linear[size - 1], options_.odds_floor / 2);
    for (std::size_t expert = 0; expert < experts_; ++expert) {
      if (known[expert] == 0) continue;
      const float over = static_cast<float>(stored(slot, expert)[size - 1]) / scale;
      sum += weights[expert] * log_odds(over, options_.odds_floor);
    }
    const float refined = 1 / (1 + std::exp(-sum));
    pending.refined[size - 1] = refined;
    pending.result.over[size - 1] = size == 1 ? refined : std::min(refined, pending.result.over[size - 2]);
  }
}

}  // namespace dynascale::predict
