"""A run that is killed and started again makes the results of an undisturbed one; `make acceptance` kills many more."""

import os
import subprocess
import sys

import pytest
from acceptance.kills import WATCH, Arena, copy_project, differences, kill_often, meetings, random_moments
