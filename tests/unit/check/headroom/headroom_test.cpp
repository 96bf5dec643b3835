#include "check/headroom/headroom.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "tests/unit/check/tree.hpp"

namespace dynascale::check {
namespace {

using ::testing::ElementsAre;

constexpr std::array<std::string_view, 3> some_adapters{"gunicorn", "mariadb", "postgresql"};

std::vector<FoundComponent> everything() {
  std::vector<FoundComponent> out;
  for (const auto name : headroom_components()) out.push_back({std::string{name}, "somewhere"});
  return out;
}

std::string golden(const std::string& name) {
  return std::string{DYNASCALE_SOURCE_DIR} + "/tests/check/headroom/" + name;
}

/// UPDATE_GOLDEN=1 writes the files anew.
void expect_golden(const std::string& name, const std::string& text) {
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream{golden(name)} << text;
  EXPECT_EQ(text, read_text(golden(name))) << name;
}

TEST(Headroom, SaysTheSameAsEver) {
  const Envelope small_to_large;
  const auto reserves = reserve_for(everything(), small_to_large, some_adapters);
  EXPECT_EQ(reserves.size(), headroom_components().size());
  expect_golden("1-8_1G-16G.txt", headroom_as_text(reserves, small_to_large));
  expect_golden("1-8_1G-16G.json", headroom_as_json(reserves, small_to_large));
  Envelope tiny;
  tiny.max_cpus = 1;
  tiny.min_memory_bytes = tiny.max_memory_bytes = std::uint64_t{256} << 20U;
  expect_golden("1-1_256M-256M.txt", headroom_as_text(reserve_for(everything(), tiny, {}), tiny));
}

TEST(Headroom, WithoutTheAdapterNothingDrivesIt) {
  const std::vector<FoundComponent> components{{"postgresql", "x"}};
  EXPECT_EQ(reserve_for(components, {}, some_adapters).front().adapter, "postgresql");
  EXPECT_EQ(reserve_for(components, {}, {}).front().adapter, "none yet");
}

TEST(Headroom, AnUnknownComponentGetsNoAnswer) {
  const std::vector<FoundComponent> components{{"cobol", "x"}};
  EXPECT_TRUE(reserve_for(components, {}, {}).empty());
}

std::vector<std::string> names_of(const std::vector<FoundComponent>& components) {
  std::vector<std::string> out;
  for (const auto& component : components) out.push_back(component.name);
  return out;
}

TEST(FindComponents, ByFilesCommandsAndManifests) {
  const TemporaryRoot root;
  root.write("/etc/postgresql/postgresql.conf", "shared_buffers = 1GB\n");
  root.write("/etc/anything.conf", "events {}\nhttp { server { } }\nworker_processes 1;\n");
  root.write("/deploy/app.service", "[Service]\nExecStart=/usr/bin/python3 -m celery -A x worker\n");
  root.write("/deploy/Dockerfile", "FROM x\nRUN java -version\nCMD [\"gunicorn\", \"app:app\"]\n");
  root.write("/go.mod", "module x\ngo 1.22\n");
  root.write("/tests/redis.conf", "maxmemory 1gb\n");
  EXPECT_THAT(names_of(find_components({root.files().resolve("/").string()})),
              ElementsAre("celery", "go", "gunicorn", "nginx", "postgresql"));
}

TEST(FindComponents, ByProcesses) {
  LiveInstance fpm;
  fpm.name = "php-fpm8.2";
  fpm.main.pid = 7;
  LiveInstance other;
  other.name = "sshd";
  EXPECT_THAT(components_of(std::vector{fpm, other}),
              ElementsAre(FoundComponent{"php-fpm", "php-fpm8.2[7]"}));
}

}  // namespace
}  // namespace dynascale::check
