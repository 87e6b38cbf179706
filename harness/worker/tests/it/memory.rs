//! Peak memory is the worker's own.

use serde_json::json;

use crate::fixture::{job, none, run};

const MIB: i64 = 1 << 20;

#[test]
fn the_peak_of_a_child_is_not_its_parent_s_and_the_solve_s_not_the_set_up_s() {
    let parent = std::hint::black_box(vec![1_u8; 1 << 30]);
    let holds = job("quick", none(), json!({"ballast_mib": 100}));
    let sheds = job("quick", none(), json!({"ballast_mib": 10, "transient_mib": 200}));
    let ran = run(&[holds.clone(), sheds.clone()], 1);
    assert_eq!(parent.len(), 1 << 30);
    for peak in [ran.row(&holds).vmhwm_setup.unwrap(), ran.row(&holds).vmhwm_solve.unwrap()] {
        assert!((90 * MIB..115 * MIB).contains(&peak), "{} MiB", peak / MIB);
    }
    let (setup, solve) = (ran.row(&sheds).vmhwm_setup.unwrap(), ran.row(&sheds).vmhwm_solve.unwrap());
    assert!(setup > 190 * MIB, "set-up {} MiB", setup / MIB);
    assert!(solve < 60 * MIB, "solve {} MiB", solve / MIB);
}
