#include "adapters/jvm/flags.hpp"

#include <array>

#include "runtime/text.hpp"

namespace dynascale::jvm {
namespace {

/// "264192K", "20M", "1G".
std::optional<Bytes> size_of(std::string_view word) {
  while (!word.empty() && (word.back() == ',' || word.back() == ')')) word.remove_suffix(1);
  if (word.empty()) return std::nullopt;
  const char unit = word.back();
  const std::uint64_t scale = unit == 'K' ? 1ULL << 10U : unit == 'M' ? 1ULL << 20U : unit == 'G' ? 1ULL << 30U : 0;
  if (scale == 0) return std::nullopt;
  word.remove_suffix(1);
  const auto number = text::number<std::uint64_t>(word);
  if (!number || *number > (1ULL << 50U) / scale) return std::nullopt;
  return Bytes::of(*number * scale);
}

/// The size that follows `word` in a line, as in "capacity 128M".
std::optional<Bytes> after(std::string_view line, std::string_view word) {
  const auto at = line.find(word);
  if (at == std::string_view::npos) return std::nullopt;
  auto rest = line.substr(at + word.size());
  return size_of(text::take_word(rest));
}

/// The size before `word`, as in "256M committed".
std::optional<Bytes> before(std::string_view line, std::string_view word) {
  const auto at = line.find(word);
  if (at == std::string_view::npos) return std::nullopt;
  const auto rest = line.substr(0, at);
  const auto blank = rest.rfind(' ');
  return size_of(blank == std::string_view::npos ? rest : rest.substr(blank + 1));
}

void add(std::optional<Heap>& heap, Bytes committed, Bytes used) {
  if (!heap) heap.emplace();
  heap->committed = saturating_add(heap->committed, committed);
  heap->used = saturating_add(heap->used, used);
}

}  // namespace

Flags parse_flags(std::string_view text) {
  constexpr std::size_t max_flags = 4000;
  Flags flags;
  while (!text.empty() && flags.size() < max_flags) {
    auto line = text::take_until(text, '\n');
    static_cast<void>(text::take_word(line));  // Its type.
    const auto name = text::take_word(line);
    const auto equals = text::take_word(line);
    if (equals != "=" && equals != ":=") continue;
    const auto brace = line.find('{');
    if (brace == std::string_view::npos) continue;
    const auto kind = line.substr(brace);
    bool chosen = equals == ":=" && kind.find("} {") == std::string_view::npos;  // JDK 8 tells no more.
    for (const std::string_view origin : {"{command line}", "{environment}", "{config file}", "{jimage}"})
      chosen = chosen || kind.find(origin) != std::string_view::npos;
    flags.emplace(name, Flag{.value = std::string{text::trim(line.substr(0, brace))},
                             .manageable = kind.find("manageable}") != std::string_view::npos,
                             .by_operator = chosen});
  }
  return flags;
}

std::optional<std::int64_t> number_of(const Flags& flags, std::string_view name) {
  const auto found = flags.find(name);
  return found == flags.end() ? std::nullopt : text::number<std::int64_t>(found->second.value);
}

std::optional<std::int64_t> parse_flag(std::string_view text, std::string_view name) {
  auto rest = text::trim(text);
  for (const std::string_view part : {std::string_view{"-XX:"}, name, std::string_view{"="}}) {
    if (!rest.starts_with(part)) return std::nullopt;
    rest.remove_prefix(part.size());
  }
  return text::number<std::int64_t>(rest);
}

bool is_on(const Flags& flags, std::string_view name) {
  const auto found = flags.find(name);
  return found != flags.end() && found->second.value == "true";
}

bool is_manageable(const Flags& flags, std::string_view name) {
  const auto found = flags.find(name);
  return found != flags.end() && found->second.manageable;
}

Collector collector_of(const Flags& flags) {
  if (is_on(flags, "UseZGC")) return Collector::z;
  if (is_on(flags, "UseShenandoahGC")) return Collector::shenandoah;
  if (is_on(flags, "UseG1GC")) return Collector::g1;
  if (is_on(flags, "UseParallelGC")) return Collector::parallel;
  return is_on(flags, "UseSerialGC") ? Collector::serial : Collector::other;
}

std::string_view to_string(Collector collector) {
  constexpr std::array<std::string_view, 6> names{"its collector", "SerialGC", "ParallelGC", "G1", "ZGC", "Shenandoah"};
  return names[static_cast<std::size_t>(collector)];
}

std::optional<Heap> parse_heap(std::string_view text) {
  std::optional<Heap> heap;
  while (!text.empty()) {
    const auto line = text::take_until(text, '\n');
    const auto used = after(line, "used ");
    if (const auto capacity = after(line, "capacity "); capacity && used && line.find("ZHeap") != line.npos)
      add(heap, *capacity, *used);  // ZGC.
    else if (const auto held = before(line, " committed, "), live = before(line, " used"); held && live)
      add(heap, *held, *live);  // Shenandoah.
    else if (line.find(" total ") == line.npos || !used)
      continue;
    else if (const auto reserved = after(line, "committed "))  // G1 since JDK 24: "total reserved 1K, committed 1K".
      add(heap, *reserved, *used);
    else if (const auto total = after(line, " total "))
      add(heap, *total, *used);
  }
  return heap;
}

}  // namespace dynascale::jvm
