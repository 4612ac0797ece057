# SPDX-License-Identifier: Apache-2.0
# frozen_string_literal: true

require_relative 'lending'

use Rack::ETag
use Rack::Head
use Cors
use Members
use Rack::MethodOverride
run Lending.new
