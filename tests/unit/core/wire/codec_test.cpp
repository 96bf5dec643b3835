#include "core/wire/codec.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "examples.hpp"

namespace dynascale::wire {
namespace {

const std::filesystem::path golden_folder = DYNASCALE_SOURCE_DIR "/tests/unit/core/wire/golden/v1";

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file{path};
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

/// What is released stays: run with DYNASCALE_UPDATE_GOLDEN=1 only for a message that is new.
TEST(Golden, EveryMessageReadsAndWritesAsReleased) {
  for (const auto& [name, message] : test::examples()) {
    const auto path = golden_folder / (name + ".json");
    if (std::getenv("DYNASCALE_UPDATE_GOLDEN") != nullptr) std::ofstream{path} << encode(message);
    const auto golden = content_of(path);
    EXPECT_EQ(encode(message), golden) << path;
    const auto decoded = decode(golden);
    ASSERT_TRUE(decoded) << path << ": " << decoded.error().what;
    EXPECT_EQ(*decoded, message) << path;
  }
}

TEST(Golden, NoFileIsWithoutItsMessage) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{golden_folder})
    files += entry.is_regular_file();
  EXPECT_EQ(files, test::examples().size());
}

TEST(Codec, AnyMessageSurvivesTheRoundTrip) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random{seed};
  for (int i = 0; i < 20000; ++i) {
    const auto message = test::random_message(random);
    const auto line = encode(message);
    ASSERT_EQ(line.find('\n'), line.size() - 1) << line;
    const auto decoded = decode(line);
    ASSERT_TRUE(decoded) << decoded.error().what << "\n" << line;
    ASSERT_EQ(*decoded, message) << line;
  }
}

struct Hostile {
  std::string line;
  Errc code;
  std::string part;  ///< Of the error's text.
};

std::string nested(std::size_t levels) {
  return R"({"type":"heartbeat","sequence":1,"x":)" + std::string(levels - 1, '[') +
         std::string(levels - 1, ']') + "}";
}

std::vector<Hostile> hostile_lines() {
  const auto list = [](std::size_t count) {
    std::string items = "0";
    for (std::size_t i = 1; i < count; ++i) items += ",0";
    return R"({"type":"report","sequence":1,"vcpus_online":[)" + items + "]}";
  };
  return {
      {"", Errc::corrupt, "not JSON"},
      {"\xFF", Errc::corrupt, "not JSON"},
      {"{", Errc::corrupt, "not JSON"},
      {"null", Errc::corrupt, "not a JSON object"},
      {"[]", Errc::corrupt, "not a JSON object"},
      {"{}", Errc::corrupt, "'type' is missing"},
      {R"({"type":1})", Errc::corrupt, "'type' must"},
      {R"({"type":"a\nb"})", Errc::corrupt, "'type' must"},
      {R"({"type":"reboot"})", Errc::unsupported, "'reboot'"},
      {R"({"type":"heartbeat"})", Errc::corrupt, "heartbeat: key 'sequence' is missing"},
      {R"({"type":"heartbeat","sequence":-1})", Errc::corrupt, "whole number"},
      {R"({"type":"heartbeat","sequence":1.5})", Errc::corrupt, "whole number"},
      {R"({"type":"heartbeat","sequence":18446744073709551616})", Errc::corrupt, "whole number"},
      {R"({"type":"heartbeat","sequence":null})", Errc::corrupt, "whole number"},
      {R"({"type":"heartbeat","sequence":1} {})", Errc::corrupt, "not JSON"},
      {R"({"type":"heartbeat","sequence":1,})", Errc::corrupt, "not JSON"},
      {R"({"type":"fault","code":")"
       "\xC0\xAF"
       R"("})",
       Errc::corrupt, "not JSON"},
      {R"({"type":"fault","code":")"
       "\xED\xA0\x80"
       R"("})",
       Errc::corrupt, "not JSON"},
      {R"({"type":"fault","code":"\ud800"})", Errc::corrupt, "not JSON"},
      {R"({"type":"fault","code":")" + std::string(max_text + 1, 'x') + R"("})", Errc::limit_exceeded,
       "'code'"},
      {R"({"type":"report","sequence":1,"busy_vcpus":"2"})", Errc::corrupt, "'busy_vcpus' must be a number"},
      {R"({"type":"report","sequence":1,"busy_vcpus":1e999})", Errc::corrupt, ""},
      {R"({"type":"report","sequence":1,"busy_vcpus":NaN})", Errc::corrupt, "not JSON"},
      {R"({"type":"report","sequence":1,"cpu_pressure":{"some_avg10_percent":1}})", Errc::corrupt,
       "'cpu_pressure.full_avg10_percent' is missing"},
      {R"({"type":"report","sequence":1,"cpu_pressure":[1,2]})", Errc::corrupt, "must be an object"},
      {R"({"type":"report","sequence":1,"applications":[7]})", Errc::corrupt, "must be an object"},
      {R"({"type":"report","sequence":1,"applications":{}})", Errc::corrupt, "must be a list"},
      {list(max_vcpus + 1), Errc::limit_exceeded, "'vcpus_online' has too many"},
      {R"({"type":"resize_done","id":2,"vcpus":4294967296,"memory_bytes":1})", Errc::corrupt, "'vcpus'"},
      {R"({"type":"resize_done","id":2,"vcpus":1,"memory_bytes":1,"force":true})", Errc::corrupt,
       "'force' is unknown"},
      {R"({"type":"hello","versions":{"min":1,"max":1,"best":1},"program":"x"})", Errc::corrupt,
       "'versions.best'"},
      {R"({"type":"sync","nonce":1,"\u0007":1})", Errc::corrupt, "'?' is unknown"},
      {R"({"type":"retuned","resize_id":1,"application":"a","result":"x","duration_ms":1,"after":{"n":9.5}})",
       Errc::corrupt, "'n'"},
      {nested(max_depth + 1), Errc::limit_exceeded, "deeper than 8"},
      {nested(30000), Errc::limit_exceeded, "deeper than 8"},
      {std::string(max_line + 1, ' '), Errc::limit_exceeded, "longer than"},
  };
}

TEST(Decode, RefusesHostileLinesAndNamesTheKey) {
  for (const auto& [line, code, part] : hostile_lines()) {
    const auto decoded = decode(line);
    ASSERT_FALSE(decoded) << line.substr(0, 200);
    EXPECT_EQ(decoded.error().code, code) << line.substr(0, 200) << "\n" << decoded.error().what;
    EXPECT_NE(decoded.error().what.find(part), std::string::npos) << decoded.error().what;
    EXPECT_LT(decoded.error().what.size(), 300U);
  }
}

TEST(Decode, TakesEightLevels) {
  EXPECT_TRUE(decode(nested(max_depth)));
}

TEST(Decode, IgnoresUnknownKeysInNotices) {
  const auto decoded = decode(R"({"type":"report","sequence":3,"gpu_busy":1,"cpu_pressure":
      {"some_avg10_percent":1,"full_avg10_percent":0,"some_avg60_percent":3}})");
  ASSERT_TRUE(decoded) << decoded.error().what;
  EXPECT_EQ(std::get<Report>(*decoded).cpu_pressure, (PressureValues{1, 0}));
}

TEST(Decode, TakesNullAsUnknownNeverAsZero) {
  const auto decoded =
      decode(R"({"type":"report","sequence":3,"busy_vcpus":null,"memory_total_bytes":null})");
  ASSERT_TRUE(decoded) << decoded.error().what;
  EXPECT_EQ(std::get<Report>(*decoded), test::report_number(3));
}

TEST(Decode, SurvivesDamagedLines) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random{seed};
  int accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    auto line = encode(test::random_message(random));
    for (auto hits = random() % 4; hits > 0; --hits)
      line[random() % line.size()] = static_cast<char>(random());
    if (random() % 4 == 0) line.resize(random() % line.size());
    if (const auto decoded = decode(line)) {
      ++accepted;
      const auto again = decode(encode(*decoded));
      ASSERT_TRUE(again) << line;
      ASSERT_EQ(again->index(), decoded->index()) << line;
    }
  }
  EXPECT_GT(accepted, 0);
}

TEST(Encode, CutsLongTextAtACharacter) {
  const auto decoded = decode(encode(Fault{.code = "io", .what = std::string(max_text - 1, 'a') + "€"}));
  ASSERT_TRUE(decoded) << decoded.error().what;
  EXPECT_EQ(std::get<Fault>(*decoded).what, std::string(max_text - 1, 'a'));
}

TEST(Encode, ReplacesBytesThatAreNotUtf8) {
  const auto decoded = decode(encode(Fault{.code = "io", .what = "caf\xE9 \xE2\x82 \xED\xA0\x80 ok"}));
  ASSERT_TRUE(decoded) << decoded.error().what;
  EXPECT_EQ(std::get<Fault>(*decoded).what, "caf\uFFFD \uFFFD\uFFFD \uFFFD\uFFFD\uFFFD ok");
}

TEST(Encode, LeavesOutNumbersThatAreNotFinite) {
  auto report = test::report_number(1);
  report.busy_vcpus = std::numeric_limits<double>::quiet_NaN();
  report.cpu_pressure = PressureValues{std::numeric_limits<double>::infinity(), 0};
  EXPECT_EQ(encode(report), "{\"type\":\"report\",\"sequence\":1}\n");
}

TEST(Encode, KeepsTheWorstReportInOneLine) {
  const std::string bell(4 * max_text, '\a');
  auto report = test::report_number(1);
  report.vcpus_present.assign(5000, 4294967295U);
  for (int i = 0; i < 200; ++i) report.applications.push_back({bell, bell, bell, {{bell, 1}}, 1, bell});
  const auto line = encode(report);
  EXPECT_LE(line.size(), max_line);
  const auto decoded = decode(line);
  ASSERT_TRUE(decoded) << decoded.error().what;
  EXPECT_EQ(std::get<Report>(*decoded).vcpus_present.size(), max_vcpus);
}

TEST(Encode, DropsNotesBeforeApplications) {
  auto report = test::report_number(1);
  for (int i = 0; i < 64; ++i)
    report.applications.push_back(
        {"gunicorn:" + std::to_string(i), "gunicorn", "following", {}, 1, std::string(512, '\a')});
  const auto decoded = decode(encode(report));
  ASSERT_TRUE(decoded) << decoded.error().what;
  ASSERT_EQ(std::get<Report>(*decoded).applications.size(), 64U);
  EXPECT_EQ(std::get<Report>(*decoded).applications[63].id, "gunicorn:63");
}

TEST(Negotiate, ChoosesTheHighestShared) {
  EXPECT_EQ(negotiate({1, 1}, {1, 1}), 1U);
  EXPECT_EQ(negotiate({1, 3}, {2, 5}), 3U);
  EXPECT_EQ(negotiate({2, 5}, {1, 3}), 3U);
  EXPECT_EQ(negotiate({1, 2}, {3, 4}), std::nullopt);
  EXPECT_EQ(negotiate({1, 4}, {4, 2}), std::nullopt);
}

}  // namespace
}  // namespace dynascale::wire
