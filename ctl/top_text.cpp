#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <vector>

#include "ctl/json_fields.hpp"
#include "ctl/top.hpp"

namespace dynascale::ctl {
namespace {

namespace json = boost::json;

/// At most `columns` characters wide; what is no printable character becomes '?'. A byte that continues a UTF-8
/// character takes no column of its own.
std::string fitted(std::string_view text, std::size_t columns) {
  std::string out;
  std::size_t width = 0;
  unsigned char before = 0;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool continues = (byte & 0xC0U) == 0x80U;
    const bool upper_control = before == 0xC2 && byte < 0xA0;  // U+0080 to U+009F.
    if (!continues && ++width > columns) break;
    if (continues && upper_control) out.pop_back();
    out += byte < 0x20 || byte == 0x7F || (continues && upper_control) ? '?' : letter;
    before = byte;
  }
  return out;
}

std::string padded(std::string_view text, std::size_t columns) {
  auto out = fitted(text, columns);
  const auto begins = [](char letter) { return (static_cast<unsigned char>(letter) & 0xC0U) != 0x80U; };
  const auto width = std::ranges::count_if(out, begins);
  out.append(columns - std::min(columns, static_cast<std::size_t>(width)), ' ');
  return out;
}

std::string short_bytes(const std::optional<double>& bytes) {
  if (!bytes) return "-";
  const double mib = std::max(0.0, *bytes) / (1 << 20U);
  return mib < 1024 ? fmt::format("{:.0f}M", mib) : fmt::format("{:.1f}G", mib / 1024);
}

std::string figure(const std::optional<double>& value, const char* pattern) {
  return value ? fmt::format(fmt::runtime(pattern), *value) : "-";
}

struct Row {
  std::string text;
  bool stirs = false;  ///< It waits or changes.
  double busy = 0;     ///< The larger part of what it has that is in use.
};

std::optional<double> used_of(const json::object& guest) {
  const auto& load = object_of(guest, "load");
  const auto available = number_of(load, "memory_available_bytes");
  const auto has = number_of(object_of(guest, "size"), "memory_bytes");
  if (!available || !has) return std::nullopt;
  return std::max(0.0, *has - *available);
}

std::string state_of(const json::object& guest) {
  if (text_of(guest, "mode") == "paused") return "paused";
  const auto& waiting = object_of(object_of(guest, "share"), "waiting");
  if (!waiting.empty()) return "waits: " + text_of(waiting, "why");
  const auto resize = text_of(guest, "resize");
  return resize.empty() ? text_of(guest, "mode") : resize;
}

Row row_of(const json::object& guest, std::size_t columns) {
  const auto& size = object_of(guest, "size");
  const auto& most = object_of(guest, "max");
  const auto& load = object_of(guest, "load");
  const auto busy = number_of(load, "busy_vcpus");
  const auto used = used_of(guest);
  const auto vcpus = number_of(size, "vcpus").value_or(0);
  const auto memory = number_of(size, "memory_bytes").value_or(0);
  const auto state = state_of(guest);
  Row row;
  row.stirs = state.starts_with("waits") || (text_of(guest, "resize") != "idle" && !text_of(guest, "resize").empty());
  row.busy = std::max(vcpus > 0 ? busy.value_or(0) / vcpus : 0, memory > 0 ? used.value_or(0) / memory : 0);
  const auto text = fmt::format("{} {:>6} {:>4.0f}/{:<4.0f} {:>4} {:>7} {:>7}/{:<7} {:>4}  {}",
                                padded(text_of(guest, "name"), 20), figure(busy, "{:.2f}"), vcpus,
                                number_of(most, "vcpus").value_or(0),
                                figure(number_of(load, "cpu_pressure_percent"), "{:.0f}"), short_bytes(used),
                                short_bytes(memory), short_bytes(number_of(most, "memory_bytes")),
                                figure(number_of(load, "memory_pressure_percent"), "{:.0f}"), state);
  row.text = fitted(text, columns);
  return row;
}

std::string head_of(const json::object& status, std::size_t columns) {
  const auto& host = object_of(status, "host");
  const auto amounts = [&](const char* key) {
    const auto& of = object_of(host, key);
    return fmt::format("{} vCPUs {}", figure(number_of(of, "vcpus"), "{:.0f}"),
                       short_bytes(number_of(of, "memory_bytes")));
  };
  const auto& pressure = object_of(host, "pressure");
  const auto host_line =
      fmt::format("granted {} of {}, free {}; {} change, {} wait; memory {}, cores {}", amounts("granted"),
                  amounts("limit"), amounts("free"), number_of(host, "in_flight_guests").value_or(0),
                  number_of(host, "waiting_guests").value_or(0), text_of(pressure, "memory"),
                  text_of(pressure, "cpus"));
  auto head = fitted(host_line, columns) + "\n";
  const auto error = text_of(status, "hypervisor_error");
  if (!error.empty()) head += fitted("hypervisor: " + error, columns) + "\n";
  const auto title = fmt::format("{:<20} {:>6} {:>4}/{:<4} {:>4} {:>7} {:>7}/{:<7} {:>4}  {}", "GUEST", "BUSY", "CPUS",
                                 "MAX", "PSI", "USED", "MEMORY", "MAX", "PSI", "STATE");
  return head + fitted(title, columns) + "\n";
}

}  // namespace

std::string top_text(const json::object& status, const Screen& screen) {
  std::vector<Row> rows;
  for (const auto& entry : array_of(status, "guests"))
    if (const auto* guest = entry.if_object()) rows.push_back(row_of(*guest, screen.columns));
  std::ranges::stable_sort(rows, [](const Row& a, const Row& b) {
    return a.stirs != b.stirs ? a.stirs : a.busy > b.busy;
  });
  auto text = head_of(status, screen.columns);
  const auto used = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  const auto room = screen.rows > used ? screen.rows - used : 0;
  // The last line tells of those that do not fit.
  const auto shown = rows.size() <= room ? rows.size() : room - std::min<std::size_t>(room, 1);
  for (std::size_t index = 0; index < shown; ++index) text += rows[index].text + "\n";
  if (rows.empty()) text += "no guest runs on this hypervisor\n";
  if (shown < rows.size()) text += fitted(fmt::format("and {} more", rows.size() - shown), screen.columns) + "\n";
  text.pop_back();
  return text;
}

}  // namespace dynascale::ctl
