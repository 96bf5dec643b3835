#pragma once
/// Turns many forecasts into one, and learns online whom to believe. Two layers, both from the literature on
/// mixing experts:
///  1. a linear mixture whose weights follow each expert's likelihood relative to the mixture's
///  (exponentiated
///     gradient on log loss, with forgetting): robust from the first step;
///  2. a logistic mixture of that result and of every expert's log-odds, per size (as in the context mixing
///  of PAQ
///     compressors): sharpens what a linear mean blurs. It begins as the identity. Several views of the
///     same size (how great, how far from the present demand, how likely) have weights of their own; their
///     answers are averaged.
/// What is mixed and learnt is what a decision asks of each size: how much of one unit more would be used.
/// Learning needs only what came true; no training data, no constants per kind of load.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/policy/predict/grid.hpp"

namespace dynascale::predict {

struct MixtureOptions {
  float weight_rate = 0.05F;    ///< Learning rate of layer 1.
  float weight_keep = 0.999F;   ///< Forgetting of layer 1 per step.
  float refine_rate = 0.0005F;  ///< Learning rate of layer 2.
  float odds_floor = 0.002F;    ///< Uses are taken as at least this far from 0 and 1.
  bool operator==(const MixtureOptions&) const = default;
};

class Mixture {
 public:
  /// Forecasts become true `lead` steps after they were made.
  Mixture(const MixtureOptions& options, std::size_t experts, std::size_t cells, std::size_t lead);

  /// What was forecast for the current step; nullptr in the first `lead` steps, and where a lead of more than
  /// `recorded_max` steps lets only some forecasts be kept.
  [[nodiscard]] const Tails* due() const;
  /// The demand of the current step, in cells: judges the forecasts that were made for it.
  void learn(float demand);
  /// Mixes this step's forecasts; an absent one (empty span entry: `known` false) keeps its weight for later.
  /// Call once per step, after learn(); `now` is the present demand.
  [[nodiscard]] const Tails& mix(std::span<const Tails> forecasts, std::span<const std::uint8_t> known,
                                 float now);

  /// Present shares of layer 1, summing to 1 over the experts that gave a forecast.
  [[nodiscard]] std::span<const float> shares() const { return shares_; }
  [[nodiscard]] static std::size_t bytes(std::size_t experts, std::size_t cells, std::size_t lead);

 private:
  static constexpr std::size_t recorded_max = 8;
  static constexpr std::array<std::size_t, 3> view_contexts{4, 8, 8};
  static constexpr std::size_t views = view_contexts.size();
  static constexpr std::size_t contexts = 20;  ///< Their sum.
  static constexpr float scale = 4096;         ///< Stored uses are multiples of 1/scale.

  struct Pending {
    Tails result;
    std::array<float, cells_max> linear{};                          ///< Uses by layer 1,
    std::array<std::array<float, cells_max>, views> refined{};      ///< by each view of layer 2, and
    std::array<std::array<std::uint8_t, cells_max>, views> rows{};  ///< the weights that it came from.
  };

  static std::array<std::uint8_t, views> rows_of(std::size_t size, float now, float linear_odds);
  [[nodiscard]] float* weights(std::size_t row) { return refinement_.data() + row * (experts_ + 1); }
  [[nodiscard]] float log_odds(float probability, float floor) const;
  [[nodiscard]] std::size_t due_slot() const;
  [[nodiscard]] std::uint16_t* stored(std::size_t slot, std::size_t expert) {
    return stored_.data() + (slot * experts_ + expert) * cells_;
  }
  void learn_shares(std::size_t slot, float demand);
  void learn_refinement(std::size_t slot, float demand);
  void update_shares(std::span<const std::uint8_t> known);
  void refine(std::size_t slot, std::span<const std::uint8_t> known, float now);

  MixtureOptions options_;
  std::size_t experts_;
  std::size_t cells_;
  std::size_t lead_;
  std::size_t stride_;  ///< Every n-th forecast is kept for learning: memory stays bounded at any lead.
  std::size_t slots_;
  std::size_t step_ = 0;
  std::vector<Pending> pending_;       ///< Ring over the lead, and one more for a forecast that is not kept.
  std::vector<std::uint16_t> stored_;  ///< [slot][expert][size]; `unknown` where the expert was silent.
  std::vector<float> log_weights_;     ///< Layer 1.
  std::vector<float> shares_;
  std::vector<float> refinement_;  ///< Layer 2: [row][expert and, last, layer 1's result].
};

}  // namespace dynascale::predict
