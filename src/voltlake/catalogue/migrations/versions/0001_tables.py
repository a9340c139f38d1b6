"""Everything of the first release: lake, cells, tests, files, series, summaries, jobs.

Revision: 0001
Follows: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("lease_expires", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Double(), nullable=True),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_jobs_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_jobs_state_priority_id"), ["state", "priority", "id"], unique=False
        )

    op.create_table(
        "lake",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lake")),
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("name", name=op.f("uq_projects_name")),
    )
    op.create_table(
        "cells",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("cell_name", sa.Text(), nullable=False),
        sa.Column("design_name", sa.Text(), nullable=True),
        sa.Column("experiment_group", sa.Text(), nullable=True),
        sa.Column("layer_types", sa.Text(), nullable=True),
        sa.Column("chemistry", sa.Text(), nullable=True),
        sa.Column("form_factor", sa.Text(), nullable=True),
        sa.Column("configuration", sa.Text(), nullable=True),
        sa.Column("nominal_capacity_ah", sa.Double(), nullable=True),
        sa.Column("nominal_voltage_volt", sa.Double(), nullable=True),
        sa.Column("active_mass_gram", sa.Double(), nullable=True),
        sa.Column("electrode_area_square_centimetre", sa.Double(), nullable=True),
        sa.Column("manufacturer", sa.Text(), nullable=True),
        sa.Column("serial_number", sa.Text(), nullable=True),
        sa.Column("barcode", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_cells_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cells")),
        sa.UniqueConstraint("project_id", "cell_name", name=op.f("uq_cells_project_id_cell_name")),
    )
    op.create_table(
        "cell_tests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.Column("test_name", sa.Text(), nullable=True),
        sa.Column("test_type", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("operator", sa.Text(), nullable=True),
        sa.Column("protocol", sa.Text(), nullable=True),
        sa.Column("machine", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("start_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("time_zone_source", sa.Text(), nullable=True),
        sa.Column("ambient_temperature_celsius", sa.Double(), nullable=True),
        sa.Column("nominal_capacity_ah", sa.Double(), nullable=True),
        sa.Column("nominal_capacity_source", sa.Text(), nullable=True),
        sa.Column("duration_second", sa.Double(), nullable=True),
        sa.Column("sample_count", sa.BigInteger(), nullable=False),
        sa.Column("step_count", sa.BigInteger(), nullable=False),
        sa.Column("cycle_count", sa.BigInteger(), nullable=False),
        sa.Column("validation_status", sa.Text(), nullable=True),
        sa.Column("extra", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("added", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cell_id"], ["cells.id"], name=op.f("fk_cell_tests_cell_id_cells")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cell_tests")),
    )
    with op.batch_alter_table("cell_tests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cell_tests_cell_id"), ["cell_id"], unique=False)

    op.create_table(
        "certificates",
        sa.Column("test_id", sa.Integer(), nullable=False),
        sa.Column("entries", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["test_id"],
            ["cell_tests.id"],
            name=op.f("fk_certificates_test_id_cell_tests"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("test_id", name=op.f("pk_certificates")),
    )
    op.create_table(
        "cycles",
        sa.Column("test_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cycle_index", sa.BigInteger(), nullable=True),
        sa.Column("cycle_count", sa.BigInteger(), nullable=True),
        sa.Column("regular_cycle_number", sa.BigInteger(), nullable=True),
        sa.Column("cycle_kind", sa.Text(), nullable=True),
        sa.Column("start_unix_time_second", sa.Double(), nullable=True),
        sa.Column("test_time_start_second", sa.Double(), nullable=True),
        sa.Column("duration_second", sa.Double(), nullable=True),
        sa.Column("charge_capacity_ah", sa.Double(), nullable=True),
        sa.Column("discharge_capacity_ah", sa.Double(), nullable=True),
        sa.Column("charge_energy_wh", sa.Double(), nullable=True),
        sa.Column("discharge_energy_wh", sa.Double(), nullable=True),
        sa.Column("charge_capacity_counter_ah", sa.Double(), nullable=True),
        sa.Column("discharge_capacity_counter_ah", sa.Double(), nullable=True),
        sa.Column("charge_capacity_integrated_ah", sa.Double(), nullable=True),
        sa.Column("discharge_capacity_integrated_ah", sa.Double(), nullable=True),
        sa.Column("capacity_source", sa.Text(), nullable=True),
        sa.Column("coulombic_efficiency", sa.Double(), nullable=True),
        sa.Column("energy_efficiency", sa.Double(), nullable=True),
        sa.Column("mean_charge_voltage_volt", sa.Double(), nullable=True),
        sa.Column("mean_discharge_voltage_volt", sa.Double(), nullable=True),
        sa.Column("voltage_min_volt", sa.Double(), nullable=True),
        sa.Column("voltage_max_volt", sa.Double(), nullable=True),
        sa.Column("current_min_ampere", sa.Double(), nullable=True),
        sa.Column("current_max_ampere", sa.Double(), nullable=True),
        sa.Column("temperature_min_celsius", sa.Double(), nullable=True),
        sa.Column("temperature_mean_celsius", sa.Double(), nullable=True),
        sa.Column("temperature_max_celsius", sa.Double(), nullable=True),
        sa.Column("dc_internal_resistance_ohm", sa.Double(), nullable=True),
        sa.Column("charge_duration_second", sa.Double(), nullable=True),
        sa.Column("discharge_duration_second", sa.Double(), nullable=True),
        sa.Column("rest_duration_second", sa.Double(), nullable=True),
        sa.Column("cv_duration_second", sa.Double(), nullable=True),
        sa.Column("cv_capacity_ah", sa.Double(), nullable=True),
        sa.Column("c_rate_charge", sa.Double(), nullable=True),
        sa.Column("c_rate_discharge", sa.Double(), nullable=True),
        sa.Column("charge_throughput_ah", sa.Double(), nullable=True),
        sa.Column("energy_throughput_wh", sa.Double(), nullable=True),
        sa.Column("equivalent_full_cycles", sa.Double(), nullable=True),
        sa.Column("discharge_capacity_retention", sa.Double(), nullable=True),
        sa.Column("row_first", sa.BigInteger(), nullable=True),
        sa.Column("row_last", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["test_id"],
            ["cell_tests.id"],
            name=op.f("fk_cycles_test_id_cell_tests"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("test_id", "position", name=op.f("pk_cycles")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "findings",
        sa.Column("test_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("remedy", sa.Text(), nullable=True),
        sa.Column("column", sa.Text(), nullable=True),
        sa.Column("row_first", sa.BigInteger(), nullable=True),
        sa.Column("row_last", sa.BigInteger(), nullable=True),
        sa.Column("count", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["test_id"],
            ["cell_tests.id"],
            name=op.f("fk_findings_test_id_cell_tests"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("test_id", "position", name=op.f("pk_findings")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("test_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("stats", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["test_id"],
            ["cell_tests.id"],
            name=op.f("fk_series_test_id_cell_tests"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("test_id", "stage", name=op.f("uq_series_test_id_stage")),
    )
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_series_object_key"), ["object_key"], unique=False)

    op.create_table(
        "source_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("path_seen", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("container", sa.Text(), nullable=True),
        sa.Column("reader", sa.Text(), nullable=True),
        sa.Column("reader_version", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("error_remedy", sa.Text(), nullable=True),
        sa.Column("error_place", sa.Text(), nullable=True),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ingested", sa.DateTime(timezone=True), nullable=True),
        sa.Column("test_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["test_id"], ["cell_tests.id"], name=op.f("fk_source_files_test_id_cell_tests")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_files")),
        sa.UniqueConstraint("sha256", name=op.f("uq_source_files_sha256")),
    )
    with op.batch_alter_table("source_files", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_source_files_path_seen"), ["path_seen"], unique=False)
        batch_op.create_index(batch_op.f("ix_source_files_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_source_files_test_id"), ["test_id"], unique=False)

    op.create_table(
        "steps",
        sa.Column("test_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step_count", sa.BigInteger(), nullable=True),
        sa.Column("step_id", sa.Text(), nullable=True),
        sa.Column("step_type", sa.Text(), nullable=True),
        sa.Column("control", sa.Text(), nullable=True),
        sa.Column("vendor_step_type", sa.Text(), nullable=True),
        sa.Column("cycle_index", sa.BigInteger(), nullable=True),
        sa.Column("cycle_count", sa.BigInteger(), nullable=True),
        sa.Column("half_cycle_index", sa.BigInteger(), nullable=True),
        sa.Column("start_unix_time_second", sa.Double(), nullable=True),
        sa.Column("test_time_start_second", sa.Double(), nullable=True),
        sa.Column("duration_second", sa.Double(), nullable=True),
        sa.Column("voltage_start_volt", sa.Double(), nullable=True),
        sa.Column("voltage_end_volt", sa.Double(), nullable=True),
        sa.Column("voltage_min_volt", sa.Double(), nullable=True),
        sa.Column("voltage_mean_volt", sa.Double(), nullable=True),
        sa.Column("voltage_max_volt", sa.Double(), nullable=True),
        sa.Column("current_min_ampere", sa.Double(), nullable=True),
        sa.Column("current_mean_ampere", sa.Double(), nullable=True),
        sa.Column("current_max_ampere", sa.Double(), nullable=True),
        sa.Column("current_start_ampere", sa.Double(), nullable=True),
        sa.Column("current_end_ampere", sa.Double(), nullable=True),
        sa.Column("charge_capacity_ah", sa.Double(), nullable=True),
        sa.Column("discharge_capacity_ah", sa.Double(), nullable=True),
        sa.Column("charge_energy_wh", sa.Double(), nullable=True),
        sa.Column("discharge_energy_wh", sa.Double(), nullable=True),
        sa.Column("charge_capacity_counter_ah", sa.Double(), nullable=True),
        sa.Column("discharge_capacity_counter_ah", sa.Double(), nullable=True),
        sa.Column("charge_energy_counter_wh", sa.Double(), nullable=True),
        sa.Column("discharge_energy_counter_wh", sa.Double(), nullable=True),
        sa.Column("charge_capacity_integrated_ah", sa.Double(), nullable=True),
        sa.Column("discharge_capacity_integrated_ah", sa.Double(), nullable=True),
        sa.Column("charge_energy_integrated_wh", sa.Double(), nullable=True),
        sa.Column("discharge_energy_integrated_wh", sa.Double(), nullable=True),
        sa.Column("capacity_source", sa.Text(), nullable=True),
        sa.Column("cv_duration_second", sa.Double(), nullable=True),
        sa.Column("cv_capacity_ah", sa.Double(), nullable=True),
        sa.Column("c_rate", sa.Double(), nullable=True),
        sa.Column("c_rate_end", sa.Double(), nullable=True),
        sa.Column("soc_start", sa.Double(), nullable=True),
        sa.Column("soc_end", sa.Double(), nullable=True),
        sa.Column("ocv_start_volt", sa.Double(), nullable=True),
        sa.Column("ocv_end_volt", sa.Double(), nullable=True),
        sa.Column("temperature_min_celsius", sa.Double(), nullable=True),
        sa.Column("temperature_mean_celsius", sa.Double(), nullable=True),
        sa.Column("temperature_max_celsius", sa.Double(), nullable=True),
        sa.Column("row_first", sa.BigInteger(), nullable=True),
        sa.Column("row_last", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["test_id"],
            ["cell_tests.id"],
            name=op.f("fk_steps_test_id_cell_tests"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("test_id", "position", name=op.f("pk_steps")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("steps")
    with op.batch_alter_table("source_files", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_source_files_test_id"))
        batch_op.drop_index(batch_op.f("ix_source_files_state"))
        batch_op.drop_index(batch_op.f("ix_source_files_path_seen"))

    op.drop_table("source_files")
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_series_object_key"))

    op.drop_table("series")
    op.drop_table("findings")
    op.drop_table("cycles")
    op.drop_table("certificates")
    with op.batch_alter_table("cell_tests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cell_tests_cell_id"))

    op.drop_table("cell_tests")
    op.drop_table("cells")
    op.drop_table("projects")
    op.drop_table("lake")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_jobs_state_priority_id"))
        batch_op.drop_index(batch_op.f("ix_jobs_batch_id"))

    op.drop_table("jobs")
