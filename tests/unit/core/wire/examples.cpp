#include "examples.hpp"

#include <limits>

namespace dynascale::wire::test {
namespace {

constexpr std::uint64_t gib = 1ULL << 30U;

Report full_report() {
  auto report = report_number(7);
  report.vcpus_present = {0, 1, 2};
  report.vcpus_online = {0, 1};
  report.busy_vcpus = 1.94;
  report.runnable_tasks = 6.5;
  report.load1 = 3.02;
  report.steal_percent = 0.5;
  report.cpu_pressure = PressureValues{41.5, 0};
  report.memory_pressure = PressureValues{0.25, 0.125};
  report.io_pressure = PressureValues{2, 1};
  report.memory_total_bytes = 2 * gib;
  report.memory_available_bytes = gib;
  report.swap_used_bytes = 4096;
  report.swap_in_pages_per_s = 12;
  report.refaults_per_s = 1500.5;
  report.applications = {{.id = "gunicorn:/run/app.sock",
                          .adapter = "gunicorn",
                          .state = "following",
                          .settings = {{"workers", 5}},
                          .memory_floor_bytes = 100 << 20U,
                          .note = "a naïve note with \"quotes\", a \\ and a\nline break"},
                         {.id = "postgresql:15/main:5432",
                          .adapter = "postgresql",
                          .state = "pending_restart",
                          .settings = {{"shared_buffers", 128 << 20U}, {"work_mem", 4 << 20U}},
                          .memory_floor_bytes = 300 << 20U,
                          .note = ""}};
  return report;
}

Report report_with_requests() {
  auto report = report_number(8);
  report.requests = {{.by = "user 1000",
                      .reason = "nightly import",
                      .vcpus_wanted = 4,
                      .memory_wanted_bytes = 3 * gib,
                      .remaining_ms = 540'000},
                     {.by = "registered:pool", .reason = "", .vcpus_wanted = 2, .memory_wanted_bytes = {},
                      .remaining_ms = 1}};
  return report;
}

Report report_with_metrics() {
  auto report = report_number(9);
  report.metrics = {{.name = "queue_length", .from = "registered:pool", .value = 1250, .age_ms = 340},
                    {.name = "latency_p99_ms", .from = "metrics:web", .value = 12.75, .age_ms = 9000,
                     .note = "it did not answer in time"},
                    {.name = "requests_per_s", .from = "exec:queue", .value = {}, .age_ms = 0}};
  return report;
}

class Maker {
 public:
  explicit Maker(std::mt19937_64& random) : random_{random} {}

  std::size_t below(std::size_t count) { return random_() % count; }
  std::uint64_t u64() {
    return below(8) == 0 ? std::numeric_limits<std::uint64_t>::max() : random_() >> below(64);
  }
  std::uint32_t u32() { return static_cast<std::uint32_t>(random_() >> (32 + below(32))); }
  /// With few digits: Boost.JSON 1.81 reads the last bit of long fractions differently now and then.
  double number() { return (static_cast<double>(below(1U << 24U)) - (1U << 23U)) / 64; }
  std::string text() {
    static const std::vector<std::string> pieces{
        "a",    "Z9",   " ", "\"", "\\", "/", "\n", "\t", std::string(1, '\0'),
        "\x1f", "\x7f", "é", "€",  "😀",  "{", "}"};
    std::string made;
    for (auto n = below(20); n > 0; --n) made += pieces[below(pieces.size())];
    return made;
  }
  std::vector<std::uint32_t> numbers() {
    std::vector<std::uint32_t> made(below(20));
    for (auto& value : made) value = u32();
    return made;
  }
  std::vector<std::string> texts() {
    std::vector<std::string> made(below(5));
    for (auto& value : made) value = text();
    return made;
  }
  std::map<std::string, std::int64_t> settings() {
    std::map<std::string, std::int64_t> made;
    for (auto n = below(6); n > 0; --n) made[text()] = static_cast<std::int64_t>(random_());
    return made;
  }
  template <class F>
  auto maybe(F make) -> std::optional<decltype(make())> {
    if (below(2) == 0) return std::nullopt;
    return make();
  }
  auto maybe_number() {
    return maybe([this] { return number(); });
  }
  auto maybe_u64() {
    return maybe([this] { return u64(); });
  }
  auto maybe_pressure() {
    return maybe([this] { return PressureValues{number(), number()}; });
  }
  Report report() {
    auto made = report_number(u64());
    made.vcpus_present = numbers();
    made.vcpus_online = numbers();
    for (auto* field : {&made.busy_vcpus, &made.runnable_tasks, &made.load1, &made.steal_percent,
                        &made.swap_in_pages_per_s, &made.refaults_per_s})
      *field = maybe_number();
    for (auto* field : {&made.cpu_pressure, &made.memory_pressure, &made.io_pressure})
      *field = maybe_pressure();
    for (auto* field : {&made.memory_total_bytes, &made.memory_available_bytes, &made.swap_used_bytes})
      *field = maybe_u64();
    for (auto n = below(4); n > 0; --n)
      made.applications.push_back({text(), text(), text(), settings(), u64(), text()});
    for (auto n = below(3); n > 0; --n) {
      auto& request = made.requests.emplace_back();
      request.by = text();
      request.reason = text();
      request.memory_wanted_bytes = maybe_u64();
      request.remaining_ms = u64();
    }
    for (auto n = below(4); n > 0; --n) made.metrics.push_back({text(), text(), maybe_number(), u64(), text()});
    return made;
  }

 private:
  std::mt19937_64& random_;
};

}  // namespace

Report report_number(std::uint64_t sequence) {
  Report report;
  report.sequence = sequence;
  return report;
}

std::vector<Example> examples() {
  return {
      {"hello", Hello{.versions = {1, 1},
                      .program = "dynascale-agent 0.1.0",
                      .boot_id = "5b2c1e0a-7d7e-4a5c-9f0e-0d3c3c6e8a11",
                      .capabilities = {"park", "urgent"}}},
      {"sync", Sync{18446744073709551615U}},
      {"sync_reply", SyncReply{18446744073709551615U}},
      {"report", full_report()},
      {"report_least", report_number(1)},
      {"report_requests", report_with_requests()},
      {"report_metrics", report_with_metrics()},
      {"urgent",
       Urgent{
           .resource = "cpu", .reason = "PSI cpu some 30 %", .vcpus_wanted = 4, .memory_wanted_bytes = {}}},
      {"resize_intent", ResizeIntent{.id = 12,
                                     .vcpus = 2,
                                     .memory_bytes = gib,
                                     .memory_floor_bytes = gib / 2,
                                     .memory_ceiling_bytes = 4 * gib,
                                     .vcpus_ceiling = 8,
                                     .deadline_ms = 30000,
                                     .reason = "idle for 5 min"}},
      {"ready", Ready{.id = 12, .vcpus_online = {0, 1}, .memory_available_bytes = gib / 4}},
      {"refuse", Refuse{.id = 12,
                        .reason = "shared_buffers need a restart",
                        .holder = "postgresql:15/main:5432",
                        .vcpus_floor = 1,
                        .memory_floor_bytes = gib}},
      {"resize_done", ResizeDone{.id = 12, .vcpus = 2, .memory_bytes = gib}},
      {"resize_abort", ResizeAbort{.id = 12, .reason = "deadline", .vcpus = 4, .memory_bytes = 2 * gib}},
      {"retuned", Retuned{.resize_id = 12,
                          .application = "gunicorn:/run/app.sock",
                          .before = {{"workers", 9}},
                          .after = {{"workers", 5}},
                          .result = "verified",
                          .error = "",
                          .duration_ms = 840}},
      {"heartbeat", Heartbeat{9}},
      {"fault", Fault{.code = "corrupt", .what = "ready: key 'id' is missing"}},
  };
}

Message random_message(std::mt19937_64& random) {
  Maker make{random};
  switch (make.below(std::variant_size_v<Message>)) {
    case 0:
      return Hello{{make.u32(), make.u32()}, make.text(), make.text(), make.texts()};
    case 1:
      return Sync{make.u64()};
    case 2:
      return SyncReply{make.u64()};
    case 3:
      return make.report();
    case 4:
      return Urgent{make.text(), make.text(), make.maybe([&] { return make.u32(); }), make.maybe_u64()};
    case 5:
      return ResizeIntent{make.u64(), make.u32(), make.u64(), make.u64(),
                          make.u64(), make.u32(), make.u64(), make.text()};
    case 6:
      return Ready{make.u64(), make.numbers(), make.u64()};
    case 7:
      return Refuse{make.u64(), make.text(), make.text(), make.u32(), make.u64()};
    case 8:
      return ResizeDone{make.u64(), make.u32(), make.u64()};
    case 9:
      return ResizeAbort{make.u64(), make.text(), make.u32(), make.u64()};
    case 10:
      return Retuned{make.u64(),  make.text(), make.settings(), make.settings(),
                     make.text(), make.text(), make.u64()};
    case 11:
      return Heartbeat{make.u64()};
    default:
      return Fault{make.text(), make.text()};
  }
}

}  // namespace dynascale::wire::test
