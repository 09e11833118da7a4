"""What can be asked for by name, beside `all`: each study, and stages of it."""


rule localisation:
    input:
        rules.report_localisation.output,


rule localisation_study:
    input:
        rules.report_study.output,


rule localisation_others:
    input:
        rules.report_others.output,


rule search:
    input:
        rules.search_localisation.output,
        rules.benchmark_search.output,


rule data:
    input:
        all_data,


rule clip_features:
    input:
        spectra_of_studies,


rule sounds:
    input:
        pages_of_study("sounds"),


rule chords:
    input:
        pages_of_study("chords"),


rule rooms:
    input:
        rules.report_rooms.output,


rule reverb:
    input:
        rules.report_reverb.output if REVERB.kept else [],


rule reverb_search:
    input:
        rules.search_reverb.output,


rule clip_speed:
    input:
        rules.report_speed.output,


rule scenes:
    input:
        for_scenes(rules.report_scenes.output),


rule scene_ranks:
    input:
        for_scenes(rules.benchmark_scenes.output),
