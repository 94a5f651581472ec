"""A run without an orchestrator calls each step as the function it is."""

from logit_flows.recipes.running import Direct


def test_direct_runs_a_step_as_the_function_it_is_and_each_in_order() -> None:
    run = Direct()
    assert run.id is None
    assert run(pow, 2, 5) == 32
    assert run.each(abs, [-3, 2, -1], 1) == [3, 2, 1]
    assert run.each(abs, [-3, 2], 2) == [3, 2]
