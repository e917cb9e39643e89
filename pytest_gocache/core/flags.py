"""What each command-line option and ini value means to the cache: the one table.

Every option of pytest itself (8.2 to 9.2) is placed deliberately, and a test fails when a newer
pytest brings one that is not. Of other plugins' options only those are placed of which more is known
than "it may change an outcome"; any other option whose value is not its default is in the key.

After Go's list of cacheable flags (``cmd/go/internal/test/test.go``, ``tryCacheWithID``): there an
unknown flag turns caching off; here it is part of the key, which is as safe and more often a hit.
``docs/options.md`` is made from this table.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple


class Place(StrEnum):
    """Where an option's value goes."""

    KEY = "key"
    """In the action: another value is another result."""
    SELECTION = "selection"
    """Says which tests run; the set of selected tests counts, not how it was spelled."""
    ORDER = "order"
    """Says in what order, in how many processes and how long to go on; whole modules do not differ."""
    PRESENTATION = "presentation"
    """Changes what is shown or written about the tests, not what they do."""
    ELSEWHERE = "elsewhere"
    """What it changes is in the key under another name, so the spelling itself does not count."""
    OFF = "off"
    """Turns caching off for this run: nothing is looked up and nothing is stored."""


class Placed(NamedTuple):
    """A row of the table."""

    place: Place
    why: str
    plugin: str = ""
    """The package that must be active for the row to hold; empty: pytest itself, or ours."""
    flag: str = ""
    """How users spell it."""


def place_of_option(dest: str, value: str = "", active: Collection[str] | None = None) -> Place:
    """The place of the option with this argparse ``dest``; an unknown one is in the key.

    Some values of some options turn caching off: ``--dist=each`` does, ``--dist=load`` does not.
    ``active`` are the top-level packages of the active plugins: a row of a plugin that is not among them
    does not hold, since the option then is somebody else's. Without ``active`` every row holds.
    """
    if dest not in OPTIONS and value == str(True) and UPDATES.search(dest):
        return Place.OFF
    place = _place(OPTIONS, dest, active)
    pattern = OFF_WHEN.get(dest)
    return Place.OFF if pattern and place is not Place.KEY and re.search(pattern, value) else place


def place_of_ini(name: str, active: Collection[str] | None = None) -> Place:
    """The place of an ini value, by the same rules."""
    return _place(INI, name, active)


def _place(table: Mapping[str, Placed], name: str, active: Collection[str] | None) -> Place:
    placed = table.get(name)
    if placed is None:
        return Place.PRESENTATION if name.startswith("gocache") else Place.KEY
    return Place.KEY if placed.plugin and active is not None and placed.plugin not in active else placed.place


def _read(table: str) -> Iterator[tuple[str, Placed]]:
    """The rows of a table: ``place @plugin: why``, then indented the names to which that applies.

    A name is ``dest=flag``, or ``dest`` alone where the flag is ``--dest``.
    """
    place, why, plugin = Place.KEY, "", ""
    for line in table.strip().splitlines():
        if line.startswith("    "):
            for name, _, flag in (word.partition("=") for word in line.split()):
                yield name, Placed(place, why, plugin, flag or "--" + name.replace("_", "-"))
        elif not line.startswith("#"):
            where, why = line.split(": ", 1)
            place, plugin = Place(where.split(" @")[0]), where.partition(" @")[2]


UPDATES = re.compile("(^|_)(update|regen|regenerate|rewrite|bless|overwrite)(_|$)")
"""Switches that somebody else's code has, to write anew what tests compare with: a replayed pass writes nothing."""
OFF_WHEN: Mapping[str, str] = {
    "dist": r"\beach\b",
    "tx": "//|ssh|socket|via|python",
    "record_mode": "^(?!none$)",
}
"""Options that turn caching off for some of their values: a pattern to search for."""

OPTION_TABLE = """
# pytest: in the key
key: which plugins are loaded or blocked
    plugins=-p disable_plugin_autoload
key: conftest.py files count or do not
    noconftest
key: a warning may become an error, and `recwarn` sees others
    pythonwarnings=-W
key: an unknown mark, a repeated id, an unexpected pass may become an error
    strict strict_markers
key: what `capsys` and `capfd` see, whether stdin can be read, and the stored output
    capture=-s
key: changes `sys.path` and module names
    importmode=--import-mode
key: rewritten assertions call other code
    assertmode=--assert
key: xfail marks count or do not
    runxfail
key: adds tests to modules, or takes some away
    doctestmodules=--doctest-modules doctestglob=--doctest-glob
key: what passes as a doctest
    doctest_ignore_import_errors doctest_continue_on_failure
key: sets the root logger's level, so what `caplog` holds and what code decides to log
    log_level log_cli_level log_file_level logger_disable=--log-disable
key: the text of `caplog.text`
    log_format log_date_format log_auto_indent
key: pytester: a leaked file fails the test; inner runs in this process or in another
    lsof runpytest
# pytest: which tests
selection: names the tests to run
    file_or_dir=paths pyargs keyword=-k markexpr=-m deselect
selection: names files not to look at
    ignore ignore_glob
selection: the same tests, in directories usually skipped or more than once
    collect_in_virtualenv keepduplicates=--keep-duplicates
selection: picks tests by what failed last time
    lf last_failed_no_failures=--lfnf
selection: starts at the test that failed last time
    stepwise=--sw stepwise_skip=--sw-skip stepwise_reset=--sw-reset
# pytest: order and end
order: failed or new tests first
    failedfirst=--ff newfirst=--nf
order: when the run stops; a module that did not run whole is not stored
    maxfail=-x
order: whether other modules still run
    continue_on_collection_errors
# pytest: what is shown and written
presentation: how much is shown, and how
    verbose=-v no_header no_summary fold_skipped=--no-fold-skipped force_short_summary reportchars=-r
    disable_warnings color code_highlight durations durations_min
presentation: how a failure is shown
    showlocals=-l tbstyle=--tb xfail_tb showcapture=--show-capture fulltrace=--full-trace
    doctestreport=--doctest-report
presentation: the warnings of cached modules are replayed and counted
    max_warnings
presentation: a report made from the replayed results
    xmlpath=--junitxml junitprefix=--junit-prefix pastebin
presentation: shows or writes log lines of tests that run
    log_cli_format log_cli_date_format log_file log_file_mode log_file_format log_file_date_format
presentation: says what pytest itself does
    debug traceconfig=--trace-config
presentation: `tmp_path` has another name in every run anyway
    basetemp
presentation: a wrong ini file stops the run before any test
    strict_config
presentation: which debugger; means nothing without one
    usepdb_cls=--pdbcls
# pytest: counted elsewhere
elsewhere: the ini values that result are placed one by one
    override_ini=-o inifilename=-c
elsewhere: names of modules and inputs are relative to it
    rootdir
elsewhere: the conftest.py files that apply are in the key
    confcutdir
# pytest: not a run to be cached
off: shows something instead of running tests
    help version markers showfixtures=--fixtures show_fixtures_per_test=--fixtures-per-test
    collectonly=--collect-only cacheshow=--cache-show
off: runs fixtures without tests, or shows each as it happens
    setuponly=--setup-only setupplan=--setup-plan setupshow=--setup-show
off: somebody wants to watch the tests run
    usepdb=--pdb trace
off: asks for a run that starts from nothing
    cacheclear=--cache-clear
# pytest-gocache
elsewhere: bypasses lookups; what passed refreshes the entry of a plain run
    gocache_count=--count
presentation: where passes are kept and looked for; each says by itself what it stands for
    gocache_dir gocache_store
# pytest-xdist
order @xdist: a run with workers and a run without share entries
    numprocesses=-n maxprocesses
order @xdist: which worker gets which test
    distload=-d loadscopereorder=--no-loadscope-reorder maxschedchunk
    maxworkerrestart=--max-worker-restart
order @xdist: only names the run
    testrunuid
order @xdist: which worker gets which test; `each` runs every test in several places: off
    dist
order @xdist: plain `popen` workers are as `-n`; any other may be another Python or machine: off
    tx
order @xdist: copied files matter to remote workers only
    rsyncdir rsyncignore
off @xdist: workers on other machines
    px
off @xdist: waits for changes and runs failing tests again by itself
    looponfail
# plugins that measure, update files, or pick tests in their own way
elsewhere @pytest_cov: pytest-cov: what is measured is in the name under which lines are kept
    cov_source=--cov cov_config cov_branch cov_context no_cov
presentation @pytest_cov: pytest-cov: how the totals are shown
    cov_report cov_append cov_fail_under cov_precision no_cov_on_fail
off @testmon: pytest-testmon picks the tests itself
    testmon testmon_noselect testmon_nocollect testmon_forceselect tmnet
off @allure_pytest: allure records tests as they run
    allure_report_dir=--alluredir
off @pytest_reporter: pytest-reporter asks for the item of each report
    report template
off @pytest_benchmark: pytest-benchmark: measured anew each time
    benchmark_only benchmark_enable benchmark_save benchmark_autosave benchmark_json benchmark_compare
    benchmark_compare_fail benchmark_cprofile benchmark_cprofile_dump benchmark_histogram
presentation @pytest_benchmark: pytest-benchmark: how figures are shown
    benchmark_verbose benchmark_quiet benchmark_sort benchmark_group_by benchmark_columns benchmark_name
    benchmark_time_unit
off @pytest_codspeed: measures the tests as they run
    codspeed
off @pytest_memray: measures the tests as they run
    memray
off @pytest_profiling: measures the tests as they run
    profile profile_svg
off @pytest_split: pytest-split needs to see every test to divide them
    splits group store_durations clean_durations splitting_algorithm durations_path
off @pytest_shard: pytest-shard needs to see every test to divide them
    num_shards shard_id
off @pytest_order: a cached test is not among those that others are put before or behind
    error_on_failed_ordering fail_all_on_failed_ordering
off @pytest_flakefinder: pytest-flakefinder: somebody wants to see the tests run again and again
    flake_finder_enable=--flake-finder
off @xprocess: pytest-xprocess: shows something instead of running tests
    xkill xshow
off @pytest_bdd: pytest-bdd: writes code instead of running tests
    generate_missing
off @pytest_bdd: pytest-bdd tells of steps, which only tests that run have
    cucumber_json_path=--cucumberjson gherkin_terminal_reporter
elsewhere @pytest_recording: pytest-recording: `none` is how it is without; any other records: off
    record_mode
off @pytest_picked: pytest-picked names the files itself
    picked
off @syrupy: syrupy writes what the tests see
    update_snapshots=--snapshot-update update_new_snapshots_only=--snapshot-update-new-only
off @pytest_regressions: pytest-regressions writes what the tests see
    force_regen regen_all
off @pytest_snapshot: pytest-snapshot writes what the tests see
    snapshot_update
off @inline_snapshot: inline-snapshot writes what the tests see
    inline_snapshot
# plugins whose options change outcomes: named here so that nobody wonders
key @pytest_randomly: pytest-randomly: the seed as the user gave it, not the one drawn for a run
    randomly_seed randomly_reset_seed=--randomly-dont-reset-seed
    randomly_reorganize=--randomly-dont-reorganize
key @random_order: pytest-random-order: only as the user gave it
    random_order_enabled=--random-order random_order_bucket random_order_seed
key @pytest_rerunfailures: pytest-rerunfailures: a rescued module is not stored at all
    reruns reruns_delay only_rerun rerun_except force_reruns fail_on_flaky
key @pytest_retry: pytest-retry: a rescued module is not stored at all
    retries retry_delay cumulative_timing retry_outcome
key @_hypothesis_pytestplugin: Hypothesis: whether examples are drawn at random, and which
    hypothesis_seed hypothesis_profile
key @syrupy: syrupy: without `--snapshot-disable-unused` it counts snapshots, and has to see the tests run
    disable_unused_snapshots=--snapshot-disable-unused
key @pytest_benchmark: pytest-benchmark: what becomes of tests that measure
    benchmark_disable benchmark_skip
key @pytest_timeout: pytest-timeout: a shorter limit may fail the test
    timeout timeout_method session_timeout
key @pytest_repeat: pytest-repeat: the repeated tests have other names
    count repeat_scope
key @pytest_jsonreport: pytest-json-report: what it tells of output and log is noted while tests run
    json_report json_report_omit
key @ctrf: pytest-json-ctrf: what it tells of parameters and marks is noted while tests run
    ctrf
# plugins that report
presentation @pytest_html: pytest-html: made from the replayed results
    htmlpath=--html self_contained_html
presentation @pytest_jsonreport: pytest-json-report: made from the replayed results
    json_report_file json_report_summary json_report_indent json_report_verbosity
presentation @pytest_reportlog: pytest-reportlog: made from the replayed results
    report_log report_log_exclude_logs_on_passed_tests
presentation @pytest_sugar: pytest-sugar: how progress is shown
    force_sugar tb_summary=--old-summary sugar_trace_dir sugar_no_trace
presentation @pytest_instafail: pytest-instafail: when failures are shown
    instafail
presentation @pytest_github_actions_annotate_failures: pytest-github-actions-annotate-failures: which lines it writes
    exclude_warning_annotations
"""

INI_TABLE = """
# pytest: in the key
key: which files, classes and functions are tests
    python_files python_classes python_functions collect_imported_tests
key: a mark that is not registered may be an error
    markers
key: a warning may become an error, and `recwarn` sees others
    filterwarnings
key: an unknown mark, a repeated id, an unexpected pass may become an error
    strict strict_markers strict_parametrization_ids strict_xfail xfail_strict
key: fixtures that every test uses
    usefixtures
key: changes `sys.path` and module names
    pythonpath consider_namespace_packages
key: the names of parametrised tests, and what an empty set means
    parametrize_long_str_id_strategy empty_parameter_set_mark
    disable_test_id_escaping_and_forfeit_all_rights_to_community_support
key: rewritten assertions call other code
    enable_assertion_pass_hook
key: what passes as a doctest
    doctest_optionflags doctest_encoding
key: sets the root logger's level, so what `caplog` holds and what code decides to log
    log_level log_cli_level log_file_level
key: the text of `caplog.text`
    log_format log_date_format log_auto_indent
key: a test that hangs may end the process
    faulthandler_timeout faulthandler_exit_on_timeout
key: pytester: where example files come from
    pytester_example_dir
# pytest: which tests
selection: where tests are looked for
    testpaths norecursedirs
# pytest: what is shown and written
presentation: how much is shown, and how
    console_output_style verbosity_test_cases verbosity_subtests
presentation: how a failure is shown
    verbosity_assertions truncation_limit_lines truncation_limit_chars assertion_text_diff_style
presentation: the warnings of cached modules are replayed and counted
    max_warnings
presentation: a report made from the replayed results
    junit_suite_name junit_logging junit_log_passing_tests junit_duration_report junit_family
presentation: shows or writes log lines of tests that run
    log_cli log_cli_format log_cli_date_format log_file log_file_mode log_file_format
    log_file_date_format
presentation: where pytest keeps what it remembers
    cache_dir
presentation: what is kept after the run
    tmp_path_retention_count tmp_path_retention_policy
presentation: stops the run before any test, or does nothing
    minversion required_plugins strict_config
# pytest: counted elsewhere
elsewhere: the options that result are placed one by one
    addopts
# pytest-gocache and pytest-xdist
elsewhere: the variables named there are in the key by value
    gocache_env
elsewhere: each pass notes what it owes to these lines, and is a miss once they no longer say so
    gocache_allow gocache_ignore
key: the files named there are inputs of every module
    gocache_inputs
presentation: where passes are kept and looked for; each says by itself what it stands for
    gocache_dir gocache_store
presentation: how it is found out whether a file has changed; what it holds counts either way
    gocache_trust_stat
presentation: a pass says whether its output is there; a run that would show what is not runs
    gocache_store_output
order @xdist: copied files matter to remote workers only
    rsyncdirs rsyncignore
order @xdist: means nothing without `--looponfail`
    looponfailroots
"""

OPTIONS: Mapping[str, Placed] = dict(_read(OPTION_TABLE))
"""Every option of pytest itself and of some plugins, by argparse ``dest``."""

INI: Mapping[str, Placed] = dict(_read(INI_TABLE))
"""Every ini value of pytest itself and of some plugins, by name."""
