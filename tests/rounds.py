"""Which tests belong to which round, and which to one process.

`make check` leaves out what is slow, `make test` what is thorough, `make test-all` nothing.
"""

from __future__ import annotations

import pytest

COLLECTED = pytest.StashKey[list[str]]()  # all tests of a round, before any is chosen by its marks

# What takes most of the time of a whole round: `make check` leaves it out.
SLOW = {
    "algorithms/test_families.py",
    "algorithms/test_gan.py",
    "algorithms/test_semi.py",
    "app/test_charts.py",
    "app/test_classroom.py",
    "app/test_compare.py",
    "app/test_diagrams.py",
    "app/test_draft.py",
    "app/test_drawing.py",
    "app/test_experiments.py",
    "app/test_explore.py",
    "app/test_failures.py",
    "app/test_forking.py",
    "app/test_health_cards.py",
    "app/test_imports.py",
    "app/test_live_changes.py",
    "app/test_memory.py",
    "app/test_networks.py",
    "app/test_new_family.py",
    "app/test_quality.py",
    "app/test_runs.py",
    "app/test_search.py",
    "app/test_takeaway.py",
    "app/test_text.py",
    "app/test_train.py",
    "app/test_untrusted.py",
    "cli/test_importing.py",
    "cli/test_interrupts.py",
    "cli/test_main.py",
    "cli/test_reproduce.py",
    "cli/test_samples.py",
    "cli/test_search.py",
    "cli/test_training.py",
    "data/test_bold.py",
    "data/test_identity.py",
    "data/test_imported.py",
    "data/test_importing.py",
    "evaluation/test_calibration.py",
    "evaluation/test_runs.py",
    "evaluation/test_shown.py",
    "executors/test_cluster.py",
    "executors/test_executor.py",
    "executors/test_fair.py",
    "executors/test_kills.py",
    "executors/test_loading.py",
    "executors/test_measuring.py",
    "executors/test_packing.py",
    "executors/test_processes.py",
    "experiments/test_verdicts.py",
    "exploring/test_explorer.py",
    "exploring/test_judging.py",
    "export/script/test_script.py",
    "export/test_formats.py",
    "export/test_report.py",
    "export/test_tensorboard.py",
    "export/test_verdicts_page.py",
    "extractors/test_describe.py",
    "faults/test_faults.py",
    "health/test_diagnosis.py",
    "notebook/test_notebook.py",
    "store/test_scalars.py",
    "store/test_untrusted.py",
    "sweeps/test_reference.py",
    "sweeps/test_search.py",
    "sweeps/test_sweeps.py",
    "sweeps/test_thinned.py",
    "test_folders.py",
    "test_package.py",
    "training/test_cost.py",
    "training/test_interleavings.py",
    "training/test_memory.py",
    "training/test_resume.py",
    "training/test_runner.py",
    "ui/server/test_exploring.py",
    "ui/server/test_routes.py",
}
# What `make test` leaves out, too: modules, functions or single tests. Each is the dear end of something that cheaper
# tests try as well. `make test-all` runs them, before a release and after a change of what they are about.
THOROUGH = {
    "bench/test_batched.py::test_a_sweep_is_measured_with_all_that_its_processes_take",
    "bench/test_batched.py::test_every_way_is_measured",
    "bench/test_page.py",
    "browser/test_classroom.py::test_two_students_and_a_teacher",
    "browser/test_comparing.py::test_a_run_is_found_by_words_and_added_with_the_keyboard",
    "browser/test_comparing.py::test_a_view_is_saved_and_opened_from_home",
    "browser/test_comparing.py::test_chips_are_dragged_and_moved_with_the_keyboard",
    "browser/test_comparing.py::test_films_and_losses_of_a_run_that_trains_follow_it",
    "browser/test_comparing.py::test_nothing_scrolls_the_page_sideways",
    "browser/test_exploring.py::test_classes_codes_neighbours_and_d_are_shown",
    "browser/test_exploring.py::test_two_runs_are_asked_about_the_same_image",
    "browser/test_exploring.py::test_two_samples_are_picked_and_the_way_between_them_plays",
    "browser/test_exploring.py::test_two_vaes_show_their_codes_of_the_same_image",
    "browser/test_form.py",
    "browser/test_importing.py",
    "browser/test_journey.py::test_a_deletion_is_undone_with_one_click",
    "browser/test_journey.py::test_a_refresh_while_training_loses_nothing",
    "browser/test_journey.py::test_no_slider_move_is_lost_while_it_trains",
    "browser/test_journey.py::test_two_tabs_see_and_steer_the_same_run",
    "browser/test_learn.py::test_a_figure_can_be_dragged_played_and_reset",
    "browser/test_learn.py::test_a_teacher_steps_through_the_lessons_on_the_full_screen",
    "browser/test_learn.py::test_every_figure_follows_each_of_its_sliders",
    "browser/test_learn.py::test_gans_under_every_loss_train_side_by_side",
    "browser/test_learn.py::test_random_numbers_are_uniform_and_normal_and_follow_from_the_seed",
    "browser/test_live.py::test_a_run_that_is_resumed_at_once_is_followed_on",
    "browser/test_live.py::test_nothing_jumps_when_a_run_starts",
    "browser/test_looks.py",
    "browser/test_measuring.py",
    "browser/test_replay.py",
    "browser/test_runs.py::test_a_phone_sorts_too",
    "browser/test_runs.py::test_everything_is_reached_with_the_keyboard",
    "browser/test_runs.py::test_nothing_scrolls_sideways_but_the_table",
    "browser/test_runs.py::test_ticks_order_and_place_survive_what_trains",
    "browser/test_steering.py",
    "cli/test_reproduce.py",
    "cli/test_search.py",
    "evaluation/test_calibration.py",
    "executors/test_cluster.py",
    "executors/test_executor.py::test_a_paused_sweep_goes_on_at_once",
    "executors/test_fair.py::test_all_are_trained_once_in_turn",
    "executors/test_fair.py::test_the_next_server_goes_on_with_what_waits_and_adopts_what_trains",
    "executors/test_fair.py::test_who_uses_up_the_minutes_is_paused",
    "executors/test_kills.py::test_a_sweep_survives_kills_at_random_moments",
    "executors/test_loading.py",
    "executors/test_processes.py",
    "export/script/test_script.py::test_gives_the_curves_of_the_reports_own_networks",
    "export/script/test_script.py::test_gives_the_same_curves",
    "export/script/test_script.py::test_writes_a_script_of_every_arm_of_the_catalogue",
    "export/test_formats.py",
    "export/test_report.py::test_is_small_however_much_there_is",
    "export/test_tensorboard.py",
    "export/test_verdicts_page.py",
    "health/test_diagnosis.py",
    "notebook/test_notebook.py",
    "sweeps/test_search.py",
    "test_package.py",
}
# What of it `make test` runs all the same.
CORE = {
    "browser/test_looks.py::test_a_page_looks_as_it_should[a run-dark]",
    "browser/test_looks.py::test_a_page_looks_as_it_should[compare-light]",
    "browser/test_looks.py::test_what_is_wrong_is_found",
    "cli/test_reproduce.py::test_bad_input_is_one_line_and_trains_nothing",
    "executors/test_processes.py::test_a_killed_process_goes_on_from_its_checkpoint_bit_for_bit",
    "export/script/test_script.py::test_gives_the_same_curves[dcgan-as it is]",
    "export/script/test_script.py::test_gives_the_same_curves[mlp-as it is]",
    "sweeps/test_search.py::test_a_search_is_a_sweep_that_grows",
}
# Modules whose tests share what takes long to make, and so belong into one process.
TOGETHER = {
    "evaluation/test_calibration.py",
    "executors/test_cluster.py",
    "health/test_diagnosis.py",
    "test_package.py",
}


def names(identity: str) -> tuple[str, str, str]:
    """What a test may be listed under: its module, its function and itself."""
    module, _, test = identity.partition("::")
    return module, f"{module}::{test.partition('[')[0]}", identity


def is_thorough(identity: str) -> bool:
    """Whether `make test` leaves a test out, such as `browser/test_looks.py::test_what_is_wrong_is_found`."""
    return not THOROUGH.isdisjoint(names(identity)) and CORE.isdisjoint(names(identity))
