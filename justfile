# Every verb of the harness is a recipe: `just run suite=optimal_transport`, `just plan optimal_transport profile=ci`.
# Keys may also stand in front: `just suite=optimal_transport profile=ci run`.

set positional-arguments

suite := ""
profile := ""
solver := ""
problem := ""
device := ""
threads := ""
replicates := ""
seed := ""
executor := ""
out := ""
keys := (if suite == "" { "" } else { quote("suite=" + suite) + " " }) + (if profile == "" { "" } else { quote("profile=" + profile) + " " }) \
    + (if problem == "" { "" } else { quote("problem=" + problem) + " " }) + (if solver == "" { "" } else { quote("solver=" + solver) + " " }) \
    + (if device == "" { "" } else { quote("device=" + device) + " " }) + (if threads == "" { "" } else { quote("threads=" + threads) + " " }) \
    + (if replicates == "" { "" } else { quote("replicates=" + replicates) + " " }) + (if seed == "" { "" } else { quote("seed=" + seed) + " " }) \
    + (if executor == "" { "" } else { quote("executor=" + executor) + " " }) + (if out == "" { "" } else { quote("out=" + out) + " " })

# Paths on the command line are relative to where the command was typed.
here := quote(invocation_directory())
harness := quote(justfile_directory() / "scripts/harness")

# List the recipes
[private]
default:
    @{{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} --list --unsorted

# Run a suite: plan, execute what is missing, store, report
[no-exit-message]
run *args:
    @cd {{ here }} && {{ harness }} run {{ keys }} "$@"

# Show the cells of a campaign and what would be executed
[no-exit-message]
plan *args:
    @cd {{ here }} && {{ harness }} plan {{ keys }} "$@"

# List suites; with suite=NAME its problems, solvers, profiles and claims
[no-exit-message]
list *args:
    @cd {{ here }} && {{ harness }} list {{ keys }} "$@"

# Make the report of a campaign again
[no-exit-message]
report *args:
    @cd {{ here }} && {{ harness }} report {{ keys }} "$@"

# Print the verdict on every claim
[no-exit-message]
claims *args:
    @cd {{ here }} && {{ harness }} claims {{ keys }} "$@"

# Solve one instance file: suite=… solver=… instance=a.npz solution=out.npz
[no-exit-message]
solve *args:
    @cd {{ here }} && {{ harness }} solve {{ keys }} "$@"

# Run cells again under other circumstances and compare with what their solvers declare
[no-exit-message]
audit *args:
    @cd {{ here }} && {{ harness }} audit {{ keys }} "$@"

# What moved from A to B: campaigns, latest, latest~1, commit:…, DIR:…
[no-exit-message]
compare *args:
    @cd {{ here }} && {{ harness }} compare {{ keys }} "$@"

# A metric over campaigns, with change points: suite=… metric=cpu; annotate commit=… reason=… accepts a change
[no-exit-message]
history *args:
    @cd {{ here }} && {{ harness }} history "$@"

# Run every suite, judge it against earlier nights, look again at what changed: what CI calls
[no-exit-message]
nightly *args:
    @cd {{ here }} && {{ harness }} nightly "$@"

# Data sets: list, fetch NAME, verify
[no-exit-message]
data *args:
    @cd {{ here }} && {{ harness }} data "$@"

# Peers, the solvers that are other programs: list, install NAME, check NAME; suite=NAME
[no-exit-message]
peers *args:
    @cd {{ here }} && {{ harness }} peers {{ keys }} "$@"

# Say what this machine can run and what is missing
[no-exit-message]
doctor *args:
    @cd {{ here }} && {{ harness }} doctor {{ keys }} "$@"

# Measure what the harness itself costs on this machine: docs/overhead.md
[no-exit-message]
overhead *args:
    @cd {{ here }} && {{ harness }} overhead "$@"

# Build the release programs
build:
    @scripts/build

# Everything that CI checks: format, lints, tests, docs, audit, a smoke run of every suite
test:
    @scripts/test

# The unit and integration tests of some packages, for the daily loop: just check -p harness-plan
check *args:
    cargo test "$@"

# Format all code
fmt:
    cargo fmt --all

# The criterion benches of the kernels: just bench -p suite-optimal-transport
bench *args:
    cargo bench "$@"
