#include "adapters/uwsgi/configuration.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace dynascale::uwsgi {
namespace {

Configuration of_arguments(std::vector<std::string> argv) {
  Configuration configuration;
  argv.insert(argv.begin(), "uwsgi");
  read_arguments(argv, configuration);
  return configuration;
}

Configuration of_text(std::string_view text, const OptionsFile& file = {.path = "/etc/uwsgi/shop.ini"}) {
  Configuration configuration;
  read_options(text, file, configuration);
  return configuration;
}

TEST(UwsgiArguments, AreReadInBothNotations) {
  const auto configuration =
      of_arguments({"--master", "--cheaper", "2", "--cheaper-algo=manual", "--stats=/run/s", "--lazy-apps",
                    "--need-app", "--ini", "/etc/a.ini"});
  EXPECT_TRUE(configuration.cheaper);
  EXPECT_EQ(configuration.algorithm, "manual");
  EXPECT_EQ(configuration.stats, "/run/s");
  EXPECT_TRUE(configuration.lazy_apps);
  EXPECT_TRUE(configuration.need_app);
  EXPECT_EQ(configuration.files, std::vector<std::string>{"/etc/a.ini"});
}

TEST(UwsgiArguments, ABareWordMayBeAFile) {
  EXPECT_EQ(of_arguments({"shop.ini"}).files, std::vector<std::string>{"shop.ini"});
  EXPECT_EQ(of_arguments({"--enable-threads", "shop.ini:live"}).files,
            std::vector<std::string>{"shop.ini:live"});
  EXPECT_TRUE(of_arguments({"--wsgi-file", "app.py", "--cheaper"}).files.empty());
  EXPECT_EQ(of_arguments({}), Configuration{});
}

TEST(UwsgiOptions, OfIniCountInTheirSectionOnly) {
  const auto configuration = of_text(
      "; a comment\ncheaper = 9\n[other]\nstats = /wrong\n[uwsgi]\nbase = /run/uwsgi\ncheaper = 1\n"
      "cheaper-algo = manual\nstats = %(base)/%n.stats\nneed-app = false\n");
  EXPECT_TRUE(configuration.cheaper);
  EXPECT_EQ(configuration.algorithm, "manual");
  EXPECT_EQ(configuration.stats, "/run/uwsgi/shop.stats");
  EXPECT_FALSE(configuration.need_app);
}

TEST(UwsgiOptions, OfYamlAreTheSame) {
  const auto configuration = of_text("uwsgi:\n  cheaper: 2\n  stats: \"127.0.0.1:1717\"\n  lazy-apps: true\n",
                                     {.path = "/srv/app.yaml"});
  EXPECT_TRUE(configuration.cheaper);
  EXPECT_EQ(configuration.algorithm, "spare");
  EXPECT_EQ(configuration.stats, "127.0.0.1:1717");
  EXPECT_TRUE(configuration.lazy_apps);
}

TEST(UwsgiOptions, DamagedTextIsNoConfiguration) {
  for (const std::string_view text :
       {"", "[uwsgi", "[uwsgi]\n=", "[uwsgi]\ncheaper = many\n", "[uwsgi]\n%(", "\0\0"})
    EXPECT_FALSE(of_text(text).cheaper) << text;
  EXPECT_EQ(of_text("[uwsgi]\nstats = %(nothing)%").stats, "");
}

TEST(UwsgiConfiguration, FollowsTheFilesOfTheCommandLine) {
  const auto root = std::filesystem::path{::testing::TempDir()} / "uwsgi_configuration";
  std::filesystem::create_directories(root / "srv");
  std::ofstream{root / "srv/live.ini"} << "[uwsgi]\ncheaper = 1\nstats = live.stats\nini = more.ini\n";
  std::ofstream{root / "srv/more.ini"} << "[uwsgi]\ncheaper-algo = manual\nini = live.ini\n";
  const Files files{root};
  const ProcessInfo master{.working_directory = "/srv",
                           .argv = {"uwsgi", "--ini", "live.ini", "--ini", "missing.ini"}};
  const auto configuration = read_configuration(files, master);
  EXPECT_TRUE(configuration.cheaper);
  EXPECT_EQ(configuration.algorithm, "manual");
  EXPECT_EQ(configuration.stats, "/srv/live.stats");
  std::filesystem::remove_all(root);
}

TEST(UwsgiName, IsThatOfItsOwnFile) {
  EXPECT_EQ(name_of({.argv = {"uwsgi", "--ini", "/usr/share/uwsgi/conf/default.ini", "--ini",
                              "/etc/uwsgi/a/shop.ini"}}),
            "shop");
  EXPECT_EQ(name_of({.argv = {"uwsgi", "--http-socket", ":8000"}}), ":8000");
  EXPECT_EQ(name_of({.working_directory = "/srv/blog", .argv = {"uwsgi"}}), "blog");
}

}  // namespace
}  // namespace dynascale::uwsgi
