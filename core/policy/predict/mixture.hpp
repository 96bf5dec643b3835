#pragma once
/// Turns many forecasts into one, and learns online whom to believe. Three layers, all from the literature on
/// mixing experts:
///  1. a linear mixture whose weights follow each expert's likelihood relative to the mixture's
///  (exponentiated
///     gradient on log loss, with forgetting): robust from the first step;
///  2. logistic mixtures of that result and of every expert's log-odds, per size (as in the context mixing of
///     PAQ compressors): they sharpen what a linear mean blurs, and begin as the identity. Several views of
///     the same size (how great, how far from the present demand, how likely, time of day) have weights of
///     their own; their answers are averaged;
///  3. how fast to learn is itself learnt: layer 2 runs at four rates, and each is heard by its past log
///  loss.
///     A job that repeats exactly wants fast learning, mere noise wants slow.
/// What is mixed and learnt is what a decision asks of each size: how much of one unit more would be used.
/// Learning needs only what came true; no training data, no constants per kind of load.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/policy/predict/grid.hpp"

namespace dynascale::predict {

inline constexpr std::size_t experts_max = 32;

struct MixtureOptions {
  float weight_rate = 0.05F;   ///< Learning rate of layer 1.
  float weight_keep = 0.999F;  ///< Forgetting of layer 1 per step.
  /// Learning rates of layer 2: from almost no learning within two days to relearning within hours.
  std::array<float, 4> refine_rates{0.0002F, 0.0005F, 0.0012F, 0.003F};
  float rate_trust = 0.05F;   ///< Layer 3: how much a nat of log loss, summed over sizes, counts.
  float rate_keep = 0.9999F;  ///< Forgetting of layer 3 per step.
  float odds_floor = 0.002F;  ///< Uses are taken as at least this far from 0 and 1.
  bool operator==(const MixtureOptions&) const = default;
};

class Mixture {
 public:
  /// Forecasts become true `lead` steps after they were made; a day has `day` steps.
  Mixture(const MixtureOptions& options, std::size_t experts, std::size_t cells, std::size_t lead,
          std::size_t day);

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
  static constexpr std::array<std::size_t, 5> view_contexts{4, 8, 8, 8, 1};
  static constexpr std::size_t views = view_contexts.size();
  static constexpr std::size_t contexts = 29;  ///< Their sum.
  static constexpr std::size_t rates = 4;
  static constexpr float scale = 4096;  ///< Stored uses are multiples of 1/scale.

  using Rates = std::array<float, rates>;           ///< One figure for each learning rate: a vector register.
  using Odds = std::array<float, experts_max + 1>;  ///< Of every expert and, last of those known, layer 1.
  using Rows = std::array<std::uint8_t, views>;

  struct Pending {
    Tails result;
    std::array<float, cells_max> linear{};                     ///< Uses by layer 1,
    std::array<std::array<Rates, views>, cells_max> viewed{};  ///< by each view of layer 2,
    std::array<Rates, cells_max> refined{};                    ///< by all views together, and
    std::array<Rows, cells_max> rows{};                        ///< the weights that they came from.
  };

  [[nodiscard]] Rows rows_of(std::size_t size, float now, float linear_odds) const;
  [[nodiscard]] Rates* weights(std::size_t row) { return refinement_.data() + row * (experts_ + 1); }
  [[nodiscard]] float log_odds(float probability, float floor) const;
  [[nodiscard]] std::size_t due_slot() const;
  [[nodiscard]] std::uint16_t* stored(std::size_t slot, std::size_t expert) {
    return stored_.data() + (slot * experts_ + expert) * cells_;
  }
  void take_odds(std::size_t slot, std::size_t size, Odds& odds);
  void learn_shares(std::size_t slot, float demand);
  void learn_refinement(std::size_t slot, float demand);
  void learn_rates(const Pending& pending, float demand);
  void update_shares(std::span<const std::uint8_t> known);
  [[nodiscard]] Rates heard_rates() const;
  Rates view_size(Pending& pending, std::size_t size, const Odds& odds);
  void refine(std::size_t slot, float now);

  MixtureOptions options_;
  std::size_t experts_;
  std::size_t cells_;
  std::size_t lead_;
  std::size_t day_;
  std::size_t stride_;  ///< Every n-th forecast is kept for learning: memory stays bounded at any lead.
  std::size_t slots_;
  std::size_t step_ = 0;
  std::vector<Pending> pending_;       ///< Ring over the lead, and one more for a forecast that is not kept.
  std::vector<std::uint16_t> stored_;  ///< [slot][expert][size]; `unknown` where the expert was silent.
  std::vector<float> log_weights_;     ///< Layer 1.
  std::vector<float> shares_;
  std::vector<Rates> refinement_;  ///< Layer 2: [row][expert and, last, layer 1's result].
  Rates losses_{};                 ///< Layer 3: recent log loss of each rate.
};

}  // namespace dynascale::predict
