#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "check/files/classify.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

template <std::size_t N>
bool any_glob(const std::array<std::string_view, N>& globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(), [&](auto glob) { return glob_match(glob, text); });
}

constexpr auto test_folders = std::to_array<std::string_view>(
    {"test",         "tests",     "testing",     "__tests__",  "__mocks__",  "mocks",   "spec",
     "specs",        "testdata",  "fixtures",    "*-test",     "*-tests",    "*_test",  "*_tests",
     "*.tests",      "*.test",    "e2e",         "jmh",        "bench",      "benches", "benchmarks",
     "benchmark",    "fuzz",      "fuzzing",     "testsuite*", "testsuites", "t",       "microbench*",
     "systemtest*",  "testkit",   "selenium",    "*.testkit",
     "testfixtures", "reg-tests", "integration", "perf",    "fuzzers", "testutil*",
     "playground",   "playgrounds"});
constexpr auto test_files = std::to_array<std::string_view>(
    {"*_test.*",      "test_*.*",    "*.test.*",    "*.spec.*",      "*_spec.rb",
     "*test.java",    "*tests.java", "*test.kt",    "*tests.cs",     "*test.cs",
     "*test.php",     "conftest.py", "*_bench.*",   "*_benchmark.*", "*benchmark.java",
     "*benchmark.cs", "*_tests.*",   "*-test.*",    "*_unittest.*",  "*_bench_*.*",
     "test.*",        "tests.*",     "testutil*.*", "bench_*.*",     "test-*"});
constexpr auto docs_folders =
    std::to_array<std::string_view>({"doc", "docs", "documentation", "man", "website"});
constexpr auto build_folders = std::to_array<std::string_view>(
    {"build", ".github", ".gitlab", ".circleci", ".travis", ".ci", "ci", ".azure", ".azure-pipelines", "dist-build",
     "cmake", "auto", "m4", ".buildkite",
     "_build", "continuous_integration", "buildsrc", "build-aux", "build_tools", "buildtools",
     "vagrant", ".vscode", ".idea", ".devcontainer"});
constexpr auto build_files = std::to_array<std::string_view>(
    {"configure*",    "setup.py",          "build.*",     "*build*.sh",        "install*.sh",
     "install",       "install-*",         "compile*.sh", "jenkinsfile*",      "gulpfile.*",
     "gruntfile.*",   "webpack*.js",       "rollup.*",    "jest.config.*",     "karma.conf.*",
     "vite.config.*", ".gitlab-ci*",       ".travis.yml", "appveyor.yml",      "conanfile.py",
     "sconstruct",    "sconscript",        "wscript",     "noxfile.py",        "azure-pipelines*",
     "fabfile.py",    "rakefile",          "makefile*",   "gradle.properties", "*.gradle.kts",
     "package*.sh",   "cmakelists.txt",    "*-build",     "gradlew*",          "mvnw*",
     "check-*.sh",    "*requirements*.sh", "*-doctor",          ".php-cs-fixer*",
     "teamcity*",      "*build*.bat",       "*build*.cmd", "*build*.ps1",      "compile*.bat",
     "install*.ps1",  "install*.bat"});
constexpr auto vendored_folders = std::to_array<std::string_view>(
    {"node_modules", "vendor", "third_party", "third-party", "thirdparty", "3rdparty", "external", "extern",
     "site-packages", "bower_components", "deps", "vendored", "_vendor", "externals", "vendor-*", "vendor_*"});
constexpr auto vendored_files = std::to_array<std::string_view>({"*.min.js", "*.min.css", "*.map"});
constexpr auto skipped_folders = std::to_array<std::string_view>(
    {".git", ".yarn", ".hg", ".svn", "node_modules", "__pycache__", ".venv", ".tox", "site-packages",
     "bower_components", ".mypy_cache", ".gradle", ".cache"});

constexpr auto developer_folders = std::to_array<std::string_view>({"dev/", "hack/", "scripts/", "tools/"});
constexpr auto developer_files = std::to_array<std::string_view>(
    {"make.sh", "make-*.sh", "make_*.sh", "build*", "lint*", "test*", "release*",
     "publish*", "format*", "fmt*", "ci-*", "check*", "*bench*", "prep*", "gen*", "update*", "coverage*"});

/// A script that developers run from the top of the source tree.
bool is_developer_script(std::string_view path, std::string_view name) {
  for (const auto folder : developer_folders) {
    if (path.substr(0, folder.size()) != folder) continue;
    const bool whole = folder == "dev/" || folder == "hack/";
    const bool script = language_of(name) != Language::none;
    return script && (whole || any_glob(developer_files, name));
  }
  return false;
}

}  // namespace

namespace {

/// What the names of the folders above a file say.
struct FolderRole {
  std::optional<Role> decided;
  bool docs = false;
  bool build = false;
};

FolderRole role_of_folder(std::string_view folders) {
  FolderRole role;
  for (auto slash = folders.find('/'); slash != std::string_view::npos; slash = folders.find('/')) {
    const auto folder = folders.substr(0, slash);
    folders.remove_prefix(slash + 1);
    if (any_glob(vendored_folders, folder)) return {Role::vendored, false, false};
    if (any_glob(test_folders, folder)) return {Role::test, false, false};
    role.docs = role.docs || any_glob(docs_folders, folder);
    role.build = role.build || any_glob(build_folders, folder);
  }
  return role;
}

}  // namespace

Role role_of(std::string_view relative) {
  const auto path = lower(relative);
  const auto slash = path.rfind('/');
  const auto folder = slash == std::string::npos ? std::string_view{} : std::string_view{path}.substr(0, slash + 1);
  const auto rest = slash == std::string::npos ? std::string_view{path} : std::string_view{path}.substr(slash + 1);
  // Files come folder by folder.
  thread_local std::pair<std::string, FolderRole> last;
  if (last.first != folder) last = {std::string{folder}, role_of_folder(folder)};
  const auto [decided, docs, build] = last.second;
  if (decided) return *decided;
  if (any_glob(vendored_files, rest)) return Role::vendored;
  if (any_glob(test_files, rest)) return Role::test;
  // `build-nginx-conf.sh` writes configuration where the program runs.
  const bool writes_settings = glob_match("*conf.sh", rest) || glob_match("*config.sh", rest);
  if (build || (any_glob(build_files, rest) && !writes_settings) || is_developer_script(path, rest))
    return Role::build;
  return docs ? Role::docs : Role::product;
}

bool is_skipped_folder(std::string_view name) {
  return any_glob(skipped_folders, name);
}

}  // namespace dynascale::check
